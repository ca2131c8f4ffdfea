"""Rules about running a model on a raster."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule("runtime-missing", _ERROR, "What runs the model, or reads the raster, is installed."),
    Rule("model-not-loaded", _ERROR, "The runtime loads the model."),
    Rule("memory-short", _ERROR, "The machine has the memory that the model needs."),
    Rule("model-run-failed", _ERROR, "The runtime runs the model on a tile."),
    Rule("model-not-runnable", _ERROR, "There is a runtime for the model's format."),
    Rule("device-missing", _ERROR, "A graphics card that is asked for by name is there."),
    Rule("model-is-program", _ERROR, "A model that is a program runs only when it is trusted."),
    Rule("model-input-unknown", _ERROR, "The model says which axes of its input are what."),
    Rule("model-output-unknown", _ERROR, "The model says which output tells the classes."),
    Rule("ecd-no-model", _ERROR, "The definition holds a model to run."),
    Rule("raster-not-readable", _ERROR, "The scene is a raster that can be read."),
    Rule("output-in-the-making", _ERROR, "No other run makes the same output."),
    Rule("aoi-not-readable", _ERROR, "The area of interest is a file with polygons."),
    Rule("aoi-outside", _ERROR, "The area of interest covers a part of the scene."),
    Rule("aoi-without-pixels", _WARNING, "The area of interest has the middle of a pixel."),
    Rule("scene-without-data", _WARNING, "The scene has data where it is wanted."),
    Rule("map-of-one-class", _INFORMATION, "A map shows more than one of several classes."),
    Rule("runtime-crashed", _ERROR, "The process that runs the model lives until it is done."),
    Rule("raster-source-elsewhere", _ERROR, "A virtual raster is made of files alone."),
    Rule("raster-holds-program", _ERROR, "A virtual raster computes nothing by a program."),
    Rule("output-not-ours", _ERROR, "A raster that is replaced was written by dl2ecd."),
    Rule("extent-outside", _ERROR, "The extent has a part of the scene."),
    Rule("bands-count", _ERROR, "As many bands are given as the model takes."),
    Rule(
        "bands-first",
        _INFORMATION,
        "A scene has no more bands than the model takes, or is told which.",
    ),
    Rule("bands-missing", _ERROR, "The scene has the bands that the model takes."),
    Rule("values-complex", _ERROR, "The values of a scene are real numbers."),
    Rule("bands-ambiguous", _ERROR, "A band that is asked for by name is the only one with it."),
    Rule("bands-unnamed", _WARNING, "The scene names its bands where the model names them."),
    Rule("scaling-wrong", _ERROR, "The steps of scaling make sense."),
    Rule("scaling-unknown", _ERROR, "Something says how values become what the model takes."),
    Rule(
        "scaling-left-open", _WARNING, "A package for ArcGIS knows how its model's input is scaled."
    ),
    Rule("scaling-unlikely", _WARNING, "Values of a scene lie in the range of their scaling."),
    Rule(
        "band-scale-unused",
        _INFORMATION,
        "A scene's file says of its values what the scaling says, too, or nothing.",
    ),
    Rule("scene-in-large-pieces", _INFORMATION, "A scene need not be loaded as a whole."),
    Rule("probabilities-unknown", _WARNING, "A model of which probabilities are wanted has some."),
    Rule("transparency-unlikely", _WARNING, "A band that is called transparency is one."),
    Rule("threshold-wrong", _ERROR, "A threshold is a probability, from 0 to 1."),
    Rule("threshold-unused", _WARNING, "A threshold is given where there is a single score."),
    Rule("nodata-taken", _ERROR, "The value for no data is that of no class."),
    Rule("nodata-impossible", _ERROR, "A raster can hold the values together."),
    Rule("background-value", _INFORMATION, "Every output index has a listed class."),
    Rule("no-color-table", _WARNING, "Class values are from 0 to 255, so that colors show."),
    Rule("tiles-blended", _WARNING, "What a pixel gets does not depend on where tiles lie."),
    Rule("detector-unknown", _ERROR, "The model tells how objects are read from its outputs."),
    Rule("detector-incomplete", _ERROR, "All that is needed to read boxes is told or asked for."),
    Rule("scores-not-shares", _ERROR, "Scores of objects lie between 0 and 1."),
    Rule("class-not-listed", _ERROR, "The definition has the classes that are asked for."),
    Rule("overlap-wrong", _ERROR, "Neighbouring tiles share less than a tile."),
    Rule("masks-unknown", _INFORMATION, "The model tells what its masks lie over."),
    Rule("model-of-pixels", _ERROR, "A model that is to look for objects or at pictures can."),
    Rule("model-of-objects", _ERROR, "A model that is to give classes to pixels can."),
    Rule("chip-size", _ERROR, "Pictures have the size that the model takes."),
    Rule("folder-without-pictures", _ERROR, "A folder that is to be looked at holds pictures."),
    Rule("points-not-readable", _ERROR, "Points are in a file that can be read."),
    Rule("pictures-without-place", _ERROR, "Pictures whose outlines are wanted have a place."),
    Rule("pictures-without-class", _WARNING, "Every picture has data, and a class."),
    Rule("scene-padded", _INFORMATION, "The scene is at least as large as a tile of the model."),
    Rule("scene-without-place", _WARNING, "The scene has a place and a coordinate system."),
    Rule("objects-none", _INFORMATION, "A search finds an object."),
    Rule("objects-cut", _WARNING, "Of every object, some tile shows the end."),
    Rule("result-continued", _INFORMATION, "A result is made in one run."),
    Rule("halo-probed", _INFORMATION, "The model tells how far it looks."),
)
