"""What models give for known pixels, by the frameworks that made them.

Run with each framework's own Python, where NumPy is all it needs beside the framework:

    python make_truth.py torch MODELS truth/torch.npz

The frozen graphs of TensorFlow 1 are best run by TensorFlow 1.15 (as `tf`): for one of them, whose
layers divide by nearly nothing, its own later builds differ by up to 5e-4 from it and from each
other; models.json says how close others must come ("close").

MODELS is the folder of the larger real models (see the marker `shared_models`). The arrays are the
scores ``(classes, rows, columns)`` that examples.py keeps, by the model's name in models.json.
"""

import json
import os
import sys

import numpy
from examples import image, kept

HERE = os.path.dirname(os.path.abspath(__file__))


def channels_last(array):
    """``(bands, rows, columns)`` as a batch of one with its channels last."""
    return array.transpose(1, 2, 0)[None]


def channels_first(array):
    """Back again; what has no channels is one layer, what has no pixels is one pixel."""
    array = numpy.asarray(array)[0]
    if array.ndim == 2:
        return array[None]
    return array[:, None, None] if array.ndim == 1 else array.transpose(2, 0, 1)


def planes(array):
    """``(1, classes, rows, columns)`` or ``(1, classes)`` without its batch."""
    array = numpy.asarray(array)[0]
    return array.reshape(array.shape[0], 1, 1) if array.ndim == 1 else array


def torch(path, pixels, model):
    import torch

    torch.backends.mkldnn.enabled = False
    loaded = torch.export.load(path).module() if path.endswith(".pt2") else torch.jit.load(path)
    with torch.no_grad():
        return torch.__version__, planes(loaded(torch.from_numpy(pixels[None])).numpy())


def tf(path, pixels, model):
    import tensorflow

    pixels = tensorflow.constant(channels_last(pixels))
    if path.endswith((".h5", ".keras")):
        loaded = tensorflow.keras.models.load_model(path, compile=False)
        return tensorflow.__version__, channels_first(loaded(pixels).numpy())
    if path.endswith("saved_model.pb"):
        loaded = tensorflow.saved_model.load(os.path.dirname(path))
        signature = loaded.signatures["serving_default"]
        (name,) = signature.structured_input_signature[1]
        result = signature(**{name: pixels})[model["output"]]
        return tensorflow.__version__, channels_first(result)
    graph = tensorflow.compat.v1.GraphDef()
    with open(path, "rb") as file:
        content = file.read()
    try:
        graph.ParseFromString(content)
    except Exception:
        from google.protobuf import text_format

        text_format.Parse(content.decode(), graph)
    with tensorflow.Graph().as_default() as made:
        tensorflow.import_graph_def(graph, name="")
        with tensorflow.compat.v1.Session(graph=made) as session:
            feeds = {model["input"] + ":0": channels_last(image_of(model))}
            result = session.run(model["output"] + ":0", feeds)
    return tensorflow.__version__, channels_first(result)


def keras2(path, pixels, model):
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import tensorflow

    loaded = tensorflow.keras.models.load_model(path, compile=False)
    return tensorflow.__version__, channels_first(loaded.predict(channels_last(pixels)))


def litert(path, pixels, model):
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter

    # One operation after the other, as its reference kernels define them.
    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    (entry,), result = interpreter.get_input_details(), interpreter.get_output_details()[0]
    values = channels_last(pixels).reshape(entry["shape"])
    scale, zero = entry["quantization"]
    if scale:
        limits = numpy.iinfo(entry["dtype"])
        values = numpy.clip(
            numpy.rint(values / numpy.float32(scale)) + zero, limits.min, limits.max
        )
    interpreter.set_tensor(entry["index"], values.astype(entry["dtype"]))
    interpreter.invoke()
    found = interpreter.get_tensor(result["index"])
    scale, zero = result["quantization"]
    if scale:
        found = (found.astype("float32") - numpy.float32(zero)) * numpy.float32(scale)
    return ai_edge_litert.__version__, channels_first(found)


def openvino(path, pixels, model):
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return openvino.__version__, planes(compiled([pixels[None]])[0])


def onnxruntime(path, pixels, model):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    values = pixels[None] if len(session.get_inputs()[0].shape) == 4 else pixels.reshape(1, -1)
    return onnxruntime.__version__, planes(session.run([model["output"]], {name: values})[0])


def mxnet(path, pixels, model):
    numpy.bool = bool
    import mxnet

    weights = path.replace("-symbol.json", "-0001.params")
    block = mxnet.gluon.SymbolBlock.imports(path, ["data"], weights)
    return mxnet.__version__, planes(block(mxnet.nd.array(pixels[None])).asnumpy())


def opencv(path, pixels, model):
    import cv2

    network = cv2.dnn.readNetFromCaffe(path.replace(".caffemodel", ".prototxt"), path)
    network.setInput(pixels[None])
    return cv2.__version__, planes(network.forward(model["output"]))


def paddle(path, pixels, model):
    # The programs of before version 3.
    os.environ.update(FLAGS_enable_pir_api="0")
    import paddle

    paddle.enable_static()
    executor = paddle.static.Executor(paddle.CPUPlace())
    program, inputs, outputs = paddle.static.load_inference_model(
        path[: -len(".pdmodel")], executor
    )
    (result,) = executor.run(program, feed={inputs[0]: pixels[None]}, fetch_list=outputs[:1])
    return paddle.__version__, planes(result)


def cntk(path, pixels, model):
    import cntk

    loaded = cntk.load_model(path)
    outputs = [
        one
        for one in loaded.outputs
        if one.name == model["output"] or (not model["output"] and one.shape[0] == model["layers"])
    ]
    chosen = cntk.combine(outputs[:1])
    (entry,) = [one for one in chosen.arguments if one.name not in ("label", "labels")]
    values = pixels.reshape(entry.shape).astype(entry.dtype)
    result = numpy.asarray(chosen.eval({entry: [values]}))
    shape = outputs[0].shape[1:] if result.size > model["layers"] else ()
    return cntk.__version__, planes(result.reshape((1, model["layers"], *shape)))


def image_of(model):
    return image(model["name"], model["bands"], *model["size"])


def main(framework, models, target):
    with open(os.path.join(HERE, "models.json")) as file:
        wanted = [one for one in json.load(file) if one["truth"] == framework]
    found = {}
    for model in wanted:
        path = os.path.join(models, model.get("by", model["name"]))
        version, scores = globals()[framework](path, image_of(model), model)
        found[model["name"]] = kept(numpy.asarray(scores, "float32"))
        print(framework, version, model["name"], scores.shape, float(numpy.abs(scores).max()))
    numpy.savez_compressed(target, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
