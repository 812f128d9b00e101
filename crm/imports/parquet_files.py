"""What does a Parquet file hold? Its columns as texts, within the limits of every table."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm.errors import CrmError, InvalidInput
from crm.imports import files
from crm.imports.values import day_or_moment, number_text, text_of

_CELL_BYTES = 2  # of CSV at least; so the limit of cells is that of a text of the greatest size


def columns(
    content: bytes, *, name: str, max_lines: int, max_columns: int, only_lines: int | None = None
) -> tuple[list[str], Iterator[pa.DictionaryArray]]:
    """The columns' names, and for each in sequence its texts (each different text once; "" where nothing is).

    only_lines: no more lines are read. Raises InvalidInput for a damaged file, more lines, columns or data than are
    read, and for bytes that are no text.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        metadata = file.metadata
        if metadata.num_rows > max_lines:
            raise files.too_many_lines(name, most=max_lines)
        width = len(file.schema_arrow)
        if width > max_columns:
            raise files.too_many_columns(name, columns=width, most=max_columns)
        unpacked_bytes = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
        if max(unpacked_bytes, metadata.num_rows * width * _CELL_BYTES) > files.MAX_BYTES:
            raise files.too_large(name)
        # As dictionaries a text that repeats a million times takes its room once.
        texts = [
            field.name
            for field in file.schema_arrow
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_binary(field.type)
        ]
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
        table = file.read() if only_lines is None else _first(file, only_lines)
    except CrmError:
        raise
    except Exception:
        # A damaged file fails anywhere in the library that reads it, and in any way.
        raise InvalidInput(
            f"“{name}” cannot be read as a Parquet file; export it again, or as CSV."
        ) from None
    return table.column_names, (
        _texts(table.column(place), f"“{name}”: the column “{table.column_names[place]}”")
        for place in range(table.num_columns)
    )


def _first(file: pq.ParquetFile, lines: int) -> pa.Table:
    batch = next(file.iter_batches(batch_size=lines), None)
    return pa.Table.from_batches([] if batch is None else [batch], schema=None if batch else file.schema_arrow)


def _texts(column: pa.ChunkedArray, which: str) -> pa.DictionaryArray:
    try:
        array = column.combine_chunks() if column.num_chunks else pa.array([], pa.string())
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks)
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        if not pa.types.is_dictionary(array.type):
            try:
                array = array.dictionary_encode()
            except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
                return pa.array(_written(array), pa.string()).dictionary_encode()
        # Two values may be written alike (0.0 and -0.0), and what is missing is written as nothing.
        texts = pa.array(["", *_written(array.dictionary)], pa.string()).dictionary_encode()
        places = pc.fill_null(pc.add(array.indices.cast(pa.int32()), 1), 0)
        return pa.DictionaryArray.from_arrays(texts.indices.take(places), texts.dictionary)
    except UnicodeDecodeError:
        raise InvalidInput(f"{which} holds binary data, which is no text; leave it out of the export.") from None
    except (pa.ArrowException, ArithmeticError, ValueError, RecursionError):
        raise InvalidInput(f"{which} cannot be read; leave it out of the export, or export the file as CSV.") from None


def _written(array: pa.Array) -> list[str]:
    """Each value as text."""
    kind = array.type
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        try:
            # Arrow writes years beyond Python's and keeps what is smaller than a microsecond.
            return [day_or_moment(text) if text else "" for text in array.cast(pa.string()).to_pylist()]
        except pa.ArrowInvalid:  # Arrow knows no time zones where the system has none
            return [text_of(value) for value in array.to_pylist()]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        # The shortest digits that mean this number, not those of its wider neighbour.
        return [_short(text) for text in array.cast(pa.float32()).cast(pa.string()).to_pylist()]
    return [text_of(value) for value in array.to_pylist()]


def _short(text: str | None) -> str:
    return "" if text is None else number_text(float(text)) if text not in ("inf", "-inf") else text
