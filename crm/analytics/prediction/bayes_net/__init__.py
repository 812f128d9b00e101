"""A Bayesian network: what depends on what in a table, and how do chances change with what is known?"""

from crm.analytics.prediction.bayes_net.asking import Answer, query, single_facts, strengths
from crm.analytics.prediction.bayes_net.classifier import BayesNetClassifier
from crm.analytics.prediction.bayes_net.learning import learn
from crm.analytics.prediction.bayes_net.network import Network
from crm.analytics.prediction.bayes_net.states import State, in_signs

__all__ = ["Answer", "BayesNetClassifier", "Network", "State", "in_signs", "learn", "query", "single_facts", "strengths"]
