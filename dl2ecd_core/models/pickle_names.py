"""Names that pickles of weights and layers import, and names that exist to run code.

Module and name are compared apart and exactly. Joined by a dot they would hide one in the other:
``torch.cuda`` with ``_memory_viz.subprocess.Popen`` is looked up attribute by attribute from
protocol 4 on, so a name with a dot is never known.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, Tuple

_PLAIN = (
    "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple"
)
_ELEMENTS = "BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int Long Short"
_DENSE = "BFloat16 Bool Byte Char Double Float Half Int Long Short"
_STORAGES = tuple(f"{name}Storage" for name in _ELEMENTS.split())
_TENSORS = tuple(f"{name}Tensor" for name in _DENSE.split())

#: What a state dict or a checkpoint imports: containers, numbers, tensors and their parts. Compare
#: torch/_weights_only_unpickler.py in PyTorch's source and numpy/_core/multiarray.py in NumPy's.
_VALUES: Dict[str, str] = {
    "builtins": _PLAIN,
    "__builtin__": f"{_PLAIN} long unicode xrange",
    "_codecs": "encode",
    "argparse": "Namespace",
    "collections": "Counter OrderedDict defaultdict",
    "copyreg": "_reconstructor",
    "copy_reg": "_reconstructor",
    "datetime": "date datetime timedelta",
    "numpy": "dtype ndarray",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy.dtypes": """BoolDType ByteDType BytesDType CDoubleDType CLongDoubleDType Complex128DType
        Complex64DType DateTime64DType Float16DType Float32DType Float64DType Int16DType Int32DType
        Int64DType Int8DType IntDType LongDType LongDoubleDType LongLongDType ObjectDType
        ShortDType StrDType TimeDelta64DType UByteDType UInt16DType UInt32DType UInt64DType
        UInt8DType UIntDType ULongDType ULongLongDType UShortDType VoidDType""",
    "pathlib": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "pathlib._local": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "torch": f"""Size Tensor device Storage TypedStorage UntypedStorage QInt32Storage QInt8Storage
        QUInt2x4Storage QUInt4x2Storage QUInt8Storage {" ".join(_STORAGES + _TENSORS)}
        bfloat16 bit bits16 bits1x8 bits2x4 bits4x2 bits8 bool cdouble cfloat chalf complex128
        complex32 complex64 double float float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn
        float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu half int int1 int16 int2 int3
        int32 int4 int5 int6 int64 int7 int8 long qint32 qint8 quint2x4 quint4x2 quint8 short uint1
        uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8
        per_channel_affine per_channel_affine_float_qparams per_channel_symmetric
        per_tensor_affine per_tensor_symmetric""",
    "torch._tensor": "_rebuild_from_type_v2",
    "torch._utils": """_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy
        _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter
        _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_csr_tensor
        _rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3
        _rebuild_wrapper_subclass _rebuild_xla_tensor""",
    "torch.cuda": " ".join(_STORAGES + _TENSORS),
    "torch.cuda.sparse": " ".join(_TENSORS),
    "torch.nn.parameter": "Buffer Parameter UninitializedBuffer UninitializedParameter",
    "torch.serialization": "_get_layout",
    "torch.sparse": " ".join(_TENSORS),
    "torch.storage": "TypedStorage UntypedStorage _TypedStorage _UntypedStorage",
}

#: torch.nn's layers, by the kinds of their numbered variants (1d, 2d, 3d).
_NUMBERED = """AdaptiveAvgPool AdaptiveMaxPool AvgPool BatchNorm CircularPad ConstantPad Conv
    ConvTranspose Dropout InstanceNorm LPPool LazyBatchNorm LazyConv LazyConvTranspose
    LazyInstanceNorm MaxPool MaxUnpool ReflectionPad ReplicationPad ZeroPad"""
_LAYERS = f"""AdaptiveLogSoftmaxWithLoss AlphaDropout BCELoss BCEWithLogitsLoss Bilinear CELU
    CTCLoss ChannelShuffle Container CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss
    CrossMapLRN2d ELU Embedding EmbeddingBag FeatureAlphaDropout Flatten Fold FractionalMaxPool2d
    FractionalMaxPool3d GELU GLU GRU GRUCell GaussianNLLLoss GroupNorm Hardshrink Hardsigmoid
    Hardswish Hardtanh HingeEmbeddingLoss HuberLoss Identity KLDivLoss L1Loss LSTM LSTMCell
    LayerNorm LazyLinear LeakyReLU Linear LinearCrossEntropyLoss LocalResponseNorm LogSigmoid
    LogSoftmax MSELoss MarginRankingLoss Mish Module ModuleDict ModuleList MultiLabelMarginLoss
    MultiLabelSoftMarginLoss MultiMarginLoss MultiheadAttention NLLLoss NLLLoss2d
    NonDynamicallyQuantizableLinear PReLU PairwiseDistance ParameterDict ParameterList PixelShuffle
    PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNBase RNNCell RNNCellBase RReLU ReLU ReLU6 SELU
    Sequential SiLU Sigmoid SmoothL1Loss SoftMarginLoss Softmax Softmax2d Softmin Softplus
    Softshrink Softsign SyncBatchNorm Tanh Tanhshrink Threshold Transformer TransformerDecoder
    TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginLoss
    TripletMarginWithDistanceLoss Unflatten Unfold Upsample UpsamplingBilinear2d
    UpsamplingNearest2d
    {" ".join(f"{name}{axes}d" for name in _NUMBERED.split() for axes in (1, 2, 3))}"""
_LAYER_MODULES = """activation adaptive batchnorm channelshuffle container conv distance dropout
    flatten fold instancenorm linear loss module normalization padding pixelshuffle pooling rnn
    sparse transformer upsampling"""
#: Layers of quantised and fused networks, and the modules that have them.
_QUANTISED = f"""{_LAYERS} BNReLU2d BNReLU3d ConvAdd2d ConvAddReLU2d ConvBn1d ConvBn2d ConvBn3d
    ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU1d ConvReLU2d ConvReLU3d DeQuantize
    EmbeddingPackedParams FXFloatFunctional FloatFunctional LinearBn1d LinearLeakyReLU
    LinearPackedParams LinearReLU LinearTanh PackedParameter QFunctional Quantize
    ReferenceQuantizedModule WeightedQuantizedModule"""
_QUANTISED_MODULES = """intrinsic.modules.fused intrinsic.qat.modules.conv_fused
    intrinsic.qat.modules.linear_fused intrinsic.qat.modules.linear_relu
    intrinsic.quantized.dynamic.modules.linear_relu intrinsic.quantized.modules.bn_relu
    intrinsic.quantized.modules.conv_add intrinsic.quantized.modules.conv_relu
    intrinsic.quantized.modules.linear_relu qat.dynamic.modules.linear qat.modules.conv
    qat.modules.embedding_ops qat.modules.linear quantizable.modules.activation
    quantizable.modules.rnn quantized.dynamic.modules.conv quantized.dynamic.modules.linear
    quantized.dynamic.modules.rnn quantized.modules quantized.modules.activation
    quantized.modules.batchnorm quantized.modules.conv quantized.modules.dropout
    quantized.modules.embedding_ops quantized.modules.functional_modules quantized.modules.linear
    quantized.modules.normalization quantized.modules.rnn quantized.modules.utils
    quantized.reference.modules.conv quantized.reference.modules.linear
    quantized.reference.modules.rnn quantized.reference.modules.sparse
    quantized.reference.modules.utils sparse.quantized.dynamic.linear sparse.quantized.linear"""


def _known() -> Iterator[Tuple[str, FrozenSet[str]]]:
    for module, names in _VALUES.items():
        yield module, frozenset(names.split())
    layers = frozenset(_LAYERS.split())
    for module in _LAYER_MODULES.split():
        yield f"torch.nn.modules.{module}", layers
    quantised = frozenset(_QUANTISED.split())
    for module in _QUANTISED_MODULES.split():
        yield f"torch.ao.nn.{module}", quantised
        yield f"torch.nn.{module}", quantised  # before PyTorch 1.13


_KNOWN: Dict[str, FrozenSet[str]] = dict(_known())

_IN_OS = """fork forkpty kill popen posix_spawn posix_spawnp remove removedirs rename renames
    replace rmdir startfile system unlink"""
_IN_BUILTINS = "__import__ breakpoint compile eval exec execfile file input open"
#: Functions that exist to run commands or code, to load what does, or to change files: importing
#: one in a model has no other purpose.
_FUNCTIONS: Dict[str, str] = {
    "os": _IN_OS,
    "posix": _IN_OS,
    "nt": _IN_OS,
    "builtins": _IN_BUILTINS,
    "__builtin__": _IN_BUILTINS,
    "importlib": "__import__ import_module reload",
    "importlib._bootstrap": "__import__ import_module reload",
    "shutil": "chown copy copy2 copyfile copymode copystat copytree move rmtree",
    "_io": "FileIO open",
    "io": "FileIO open",
    "pydoc": "locate pipepager safeimport",
    "numpy": "load",
    "numpy.testing._private.utils": "runstring",
    "torch": "load",
    "torch.hub": "load",
    "torch.serialization": "load",
    "torch.storage": "_load_from_bytes",
    "types": "CodeType FunctionType",
    "joblib": "load",
}
_RUNS_CODE = {module: frozenset(names.split()) for module, names in _FUNCTIONS.items()}
#: How functions of ``os`` that run programs begin: ``execve``, ``spawnl``, ``popen2`` ...
_OS_STARTS = ("exec", "spawn", "popen")
_MODULES = """_pickle asyncio.subprocess bdb cPickle cProfile cloudpickle code codeop commands
    ctypes dill distutils.spawn doctest ensurepip imp marshal pdb pickle pip popen2 profile pty
    runpy shelve socket subprocess timeit trace webbrowser zipimport"""
#: Modules of which every part runs commands or code, or loads what does.
_ALL_RUNS_CODE = frozenset(_MODULES.split())


def is_known(module: str, name: str) -> bool:
    """Whether a global is on the list of what weights and layers need."""
    return name in _KNOWN.get(module, ())


def runs_code(module: str, name: str) -> bool:
    """Whether a global is a function that exists to run commands or code.

    A name with dots is looked up step by step: ``os`` with ``path.os.system`` is such a function.
    """
    if _runs_code(module, name):
        return True
    steps = name.split(".")
    return any(
        _runs_code(".".join(steps[start:stop]), steps[stop])
        for stop in range(1, min(len(steps), 16))
        for start in range(stop)
    )


def _runs_code(module: str, name: str) -> bool:
    if module in _ALL_RUNS_CODE or module.partition(".")[0] in _ALL_RUNS_CODE:
        return True
    first = name.partition(".")[0]
    if module in ("os", "posix", "nt") and first.startswith(_OS_STARTS):
        return True
    return first in _RUNS_CODE.get(module, ())
