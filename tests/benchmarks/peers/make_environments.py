"""Makes the peers' environments: ``python tests/benchmarks/peers/make_environments.py FOLDER``.

At the end it prints the options with which ``python -m tests.benchmarks run`` finds them. They
take 15 GB. Deepness needs the Python that QGIS has; on Debian: ``apt-get install python3-qgis``.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: What is installed, for each peer; the runtime is named where the peer leaves it to the person.
PACKAGES = {
    "rastervision": [
        "rastervision_pipeline==0.31.1",
        "rastervision_core==0.31.1",
        "rastervision_pytorch_learner==0.31.1",
        "rastervision_pytorch_backend==0.31.1",
        "torch==2.14.1",
        "torchvision==0.29.1",
        "onnxruntime==1.32.0",
    ],
    # The newest that it asks for.
    "deepness": ["numpy<2", "onnxruntime==1.17.0", "opencv-python-headless==4.9.0.80"],
    "geoai": [
        "geoai-py[onnx]==0.40.1",
        "torch==2.14.1",
        "torchvision==0.29.1",
        "onnxruntime==1.32.0",
    ],
}
DEEPNESS = ("https://github.com/PUTvision/qgis-plugin-deepness", "0.6.5")


def make(name, python, folder, pip_options):
    """An environment with a peer's packages; its interpreter."""
    # QGIS's modules lie in its Python's own folder.
    more = ["--system-site-packages"] if name == "deepness" else []
    subprocess.run([python, "-m", "venv", *more, folder], check=True)
    made = folder / "bin" / "python"
    subprocess.run([made, "-m", "pip", "install", *pip_options, *PACKAGES[name]], check=True)
    return made


def add_deepness(made, source, folder):
    """Puts the plugin, from a folder or from where it is published, where Python finds it."""
    plugins = folder / "plugins"
    with tempfile.TemporaryDirectory() as clone:
        if source is None:
            address, tag = DEEPNESS
            command = ["git", "clone", "--depth", "1", "--branch", tag, address, clone]
            subprocess.run(command, check=True)
            source = Path(clone) / "src"
        shutil.copytree(source / "deepness", plugins / "deepness", dirs_exist_ok=True)
    command = [made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    (Path(packages.strip()) / "deepness.pth").write_text(f"{plugins.resolve()}\n", "utf-8")


def main():
    """Makes what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for the environments")
    parser.add_argument("--only", action="append", choices=sorted(PACKAGES), help="a peer; all")
    parser.add_argument("--python", default=sys.executable, help="3.11 or later; this one")
    parser.add_argument("--qgis-python", default="/usr/bin/python3", help="that imports qgis.core")
    parser.add_argument(
        "--deepness-from", type=Path, help="a folder with the plugin's folder deepness; a clone"
    )
    parser.add_argument(
        "--pip-option", action="append", default=[], help="for pip, as --pip-option=--no-cache-dir"
    )
    options = parser.parse_args()
    found = []
    for name in options.only or PACKAGES:
        folder = options.folder / name
        python = options.qgis_python if name == "deepness" else options.python
        made = make(name, python, folder, options.pip_option)
        if name == "deepness":
            add_deepness(made, options.deepness_from, folder)
        found.append(f"--python-with {name}={made.absolute()}")
    print(" ".join(found))


if __name__ == "__main__":
    main()
