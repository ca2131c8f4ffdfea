"""Classes and functions of Keras that its descriptions of models need: all others are foreign.

Names from the public modules of Keras 1 to 3 (keras.layers, .optimizers, .losses, .metrics,
.initializers, .regularizers, .constraints, .dtype_policies and the like), and the modules from
which ``_retrieve_class_or_fn`` in keras/src/saving/serialization_lib.py takes what is not public.
"""

from __future__ import annotations

import re
from typing import Any, Optional

from .config import read_layer
from .lowering.layers import RULES
from .lowering.operations import has_rule

# Layers of Keras whose shapes are not followed, or that are networks or wrappers.
_OTHER_LAYERS = """
    Model Functional Sequential InputLayer Wrapper TimeDistributed Bidirectional Layer Network
    SpectralNormalization StackedRNNCells LSTMCell GRUCell SimpleRNNCell EinsumDense Recurrent
    CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup StringLookup ConvRNN2D
    TextVectorization IndexLookup MelSpectrogram STFTSpectrogram RandomCrop RandomHeight RandomWidth
    RandomGrayscale RandomPerspective RandomSharpness RandomPosterization RandomElasticTransform
    RandomApply RandomChoice RandAugment AugMix AutoContrast CutMix MixUp Equalization Solarization
    MaxNumBoundingBoxes Pipeline GroupQueryAttention GroupedQueryAttention ReversibleEmbedding
    RandomFourierFeatures Highway MaxoutDense Deconvolution2D Deconvolution3D GRUCellV2 LSTMCellV2
    AlphaDropout TFOpLambda SlicingOpLambda TensorFlowOpLayer AddLoss AddMetric InstanceMethod
    ClassMethod ConvRecurrent2D ConvLSTMCell ConvLSTM2DCell DenseFeatures SequenceFeatures
    FeatureSpace Flatten Lambda Merge RandomColorDegeneration Deconv2D Deconv3D AbstractRNNCell
    ContrastLimitedAdaptiveHistogramEqualization InputSpec AvgPool1D AvgPool2D AvgPool3D MaxPool1D
    MaxPool2D MaxPool3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D
    GlobalMaxPool2D GlobalMaxPool3D Cross Feature LinearModel WideDeepModel
"""
_LAYERS = frozenset([*_OTHER_LAYERS.split(), *RULES])

_OBJECTS = """
    adadelta adafactor adagrad adam adamax adamw ftrl lamb lion lossscaleoptimizer
    lossscaleoptimizerv3 multioptimizer muon nadam optimizer optimizermap rmsprop
    schedulefreeadamw sgd tfoptimizer
    cosinedecay cosinedecayrestarts exponentialdecay inversetimedecay learningrateschedule
    piecewiseconstantdecay polynomialdecay
    accuracy auc binaryaccuracy binarycrossentropy binaryfocalcrossentropy binaryiou
    categoricalaccuracy categoricalcrossentropy categoricalfocalcrossentropy
    categoricalgeneralizedcrossentropy categoricalhinge circle compilemetrics compileloss
    concordancecorrelation cosinesimilarity ctc dice f1score falsenegatives falsepositives
    fbetascore hinge huber iou kldivergence logcosh logcosherror loss lossfunctionwrapper mean
    meanabsoluteerror meanabsolutepercentageerror meaniou meanmetricwrapper meanrelativeerror
    meansquarederror meansquaredlogarithmicerror meantensor metric metricslist onehotiou
    onehotmeaniou pearsoncorrelation poisson precision precisionatrecall r2score recall
    recallatprecision reduction rootmeansquarederror sensitivityatspecificity
    sparsecategoricalaccuracy sparsecategoricalcrossentropy sparsetopkcategoricalaccuracy
    specificityatsensitivity squaredhinge sum topkcategoricalaccuracy truenegatives truepositives
    tversky
    constant convolutionaware glorotnormal glorotuniform henormal heuniform identity
    identityinitializer initializer lecunnormal lecununiform normal one ones orthogonal
    orthogonalinitializer randomnormal randomuniform stft stftinitializer truncatednormal uniform
    variancescaling zero zeros
    activityregularizer eigenvalueregularizer l1 l1l2 l2 orthogonalregularizer regularizer
    weightregularizer
    constraint maxnorm minmaxnorm nonneg radialconstraint unitnorm
    awqconfig awqdtypepolicy dtypepolicy dtypepolicymap float8quantizationconfig floatdtypepolicy
    gptqconfig gptqdtypepolicy int4dtypepolicy int4quantizationconfig int8quantizationconfig
    policy policyv1 quantizationconfig quantizeddtypepolicy quantizedfloat8dtypepolicy
    absmaxquantizer quantizer seedgenerator
    keras tensorshape tensorspec typespec compositetensor
"""
#: What configures layers and training, in small letters without underscores: old files have both.
_OWN_OBJECTS = frozenset(_OBJECTS.split())

_FUNCTIONS = """
    KLD MAE MAPE MSE MSLE binary_accuracy binary_crossentropy binary_focal_crossentropy
    categorical_accuracy categorical_crossentropy categorical_focal_crossentropy
    categorical_generalized_cross_entropy categorical_hinge celu circle concordance_correlation
    cosine cosine_proximity cosine_similarity ctc dice elu exponential gelu glorot_normal
    glorot_uniform glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh he_normal he_uniform
    hinge huber kl_divergence kld kullback_leibler_divergence l1 l1_l2 l2 leaky_relu
    lecun_normal lecun_uniform linear log_cosh log_sigmoid log_softmax logcosh mae mape
    mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error mish mse msle pearson_correlation poisson relu relu6 selu sigmoid
    silu soft_shrink softmax softplus softsign sparse_categorical_accuracy
    sparse_categorical_crossentropy sparse_plus sparse_sigmoid sparse_top_k_categorical_accuracy
    sparsemax squared_hinge squareplus swish tanh tanh_shrink threshold top_k_categorical_accuracy
    tversky
"""
_BUILT_IN = frozenset(_FUNCTIONS.split())

_ROOTS = ("keras", "keras_core", "tf_keras")
_OBJECT_MODULES = frozenset(
    ("optimizers", "losses", "metrics", "initializers", "regularizers", "constraints")
)
#: Parts of Keras whose classes only describe a model; those of ``layers`` are told by name.
_CLASS_MODULES = _OBJECT_MODULES | frozenset(
    ("models", "dtype_policies", "mixed_precision", "quantizers", "random", "ops", "trainers")
)
_LAYER_MODULES = frozenset(
    ("", "layers", "engine", "legacy", "utils", "premade_models", "feature_column")
)
#: Parts of Keras whose functions take numbers and give numbers ...
_FUNCTION_MODULES = _OBJECT_MODULES | frozenset(("activations", "ops"))
#: ... but for those that make objects of descriptions.
_NOT_NUMBERS = frozenset(("deserialize", "get", "serialize"))
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")


def is_own_object(name: str) -> bool:
    """Whether a class without a module is an optimizer, a loss or the like, of Keras."""
    return name.replace("_", "").lower() in _OWN_OBJECTS


def is_own_layer(name: str, item: Any) -> bool:
    """Whether a class without a module is a layer or an operation of Keras."""
    if name in _LAYERS:
        return True
    layer = read_layer(item)
    return layer is not None and has_rule(layer)


def is_own_class(module: str, name: str, item: Any) -> bool:
    """Whether a class of a module only describes a model, and is Keras'."""
    part = _part(module)
    if part is None or _CLASS.fullmatch(name) is None:
        return False
    if part in _CLASS_MODULES:
        return True
    return part in _LAYER_MODULES and (is_own_object(name) or is_own_layer(name, item))


def is_own_function(module: str, name: Any) -> bool:
    """Whether a function takes numbers and gives numbers, and is Keras'."""
    if not isinstance(name, str) or not name.isidentifier() or name in _NOT_NUMBERS:
        return False
    if module == "builtins":
        return name in _BUILT_IN
    part = _part(module)
    if part == "applications":
        return name == "preprocess_input"
    return part in _FUNCTION_MODULES


def _part(module: str) -> Optional[str]:
    """Which part of Keras a module is, "" for the package itself; None for other packages."""
    root, _, rest = module.partition(".")
    if root not in _ROOTS:
        return None
    steps = rest.split(".")
    return next((step for step in steps if step != "src"), "")
