"""What is on the screen? The only package that knows Streamlit, besides pages/."""
