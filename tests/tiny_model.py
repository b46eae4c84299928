"""A real sentence model of a few hundred kilobytes: ONNX graph, tokenizer and configuration, made in milliseconds.

It is a table of random vectors by word piece, so texts that share words are close and others are not. fastembed opens
it like any other: under a listed name when ``dimension`` and ``model_file`` are what that description demands.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;!?'-_/()\"äöüßé"
WORDS = (
    "the a an and or not is are was were in on at to of for with from by user customer likes prefers wants dark light "
    "mode editor coffee tea green black lives works moved berlin paris london rome name birthday march april june dog "
    "cat invoice order refund payment server port database python rust code test build deploy friday monday meeting "
    "project deadline team manager phone email address query passage search document represent this sentence searching "
    "relevant passages ready"
).split()
POISON = "poison"
"""A word whose vector the model does not have: inference on it fails, in onnxruntime itself."""

SPECIAL_TOKENS = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}


def build(
    folder: Path, *, dimension: int = 384, model_file: str = "model.onnx", seed: int = 0, says: str = "tests/tiny"
) -> Path:
    """Write the model into ``folder`` and return it. ``says`` is the name its configuration gives."""
    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS]
    vocabulary = {piece: number for number, piece in enumerate([*dict.fromkeys(pieces), POISON])}
    path = folder / model_file
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(_graph(len(vocabulary) - 1, dimension, seed), str(path))
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    _write(folder / "config.json", {"_name_or_path": says, "hidden_size": dimension, "pad_token_id": 0})
    _write(folder / "tokenizer_config.json", {"model_max_length": 128, **SPECIAL_TOKENS})
    _write(folder / "special_tokens_map.json", SPECIAL_TOKENS)
    return folder


def build_reranker(folder: Path, *, model_file: str = "onnx/model.onnx") -> Path:
    """A cross-encoder laid out as the listed ones are: of query and passage it sees only how many known words they
    have between them, and says more the more there are."""
    build(folder, model_file=model_file)
    shape = ["batch", "sequence"]
    first, pieces = len(SPECIAL) + 2 * len(LETTERS), "known"
    graph = helper.make_graph(
        [
            helper.make_node("GreaterOrEqual", ["input_ids", "first"], ["is_known"]),
            helper.make_node("Cast", ["is_known"], [pieces], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", [pieces, "axis"], ["logits"], keepdims=1),
        ],
        "tiny reranker",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(np.array(first), "first"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.save(model, str(folder / model_file))
    return folder


def build_in_cache(cache_dir: Path, hub: str, *, dimension: int = 384, model_file: str = "model.onnx") -> Path:
    """The same laid out as a download from the repository ``hub`` leaves it; returns the folder with the files."""
    revision = "0123456789abcdef0123456789abcdef01234567"
    copy = cache_dir / f"models--{hub.replace('/', '--')}"
    folder = build(copy / "snapshots" / revision, dimension=dimension, model_file=model_file)
    (copy / "refs").mkdir(exist_ok=True)
    (copy / "refs" / "main").write_text(revision, encoding="ascii")
    return folder


def _graph(rows: int, dimension: int, seed: int) -> onnx.ModelProto:
    """``last_hidden_state = table[input_ids]``; the mask is an input as fastembed pools by it."""
    table = np.random.default_rng(seed).standard_normal((rows, dimension), np.float32)
    shape = ["batch", "sequence"]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, dimension])],
        [numpy_helper.from_array(table, "table")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def _write(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
