"""The algorithms: one a command, each with the command's own result."""

import json
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingProvider,
)

from .command import BAD, CLASH, NOT_FOUND, CommandError, Progress, run


def file_of(source):
    """Return the file of a layer's source, such as ``plan.gpkg|layername=beats``."""
    return source.split("|")[0]


def folder_of(source):
    """Return the result folder that a plan, a layer of it or the folder itself stands for."""
    file = file_of(source)
    return str(Path(file).parent) if file.lower().endswith(".gpkg") else file


class Algorithm(QgsProcessingAlgorithm):
    """What all of them share."""

    ident, title, about = "", "", ""

    def name(self):
        """Return the id in models and scripts."""
        return self.ident

    def displayName(self):  # noqa: N802
        """Return the name in the toolbox."""
        return self.title

    def shortHelpString(self):  # noqa: N802
        """Return what it does."""
        return self.about

    def createInstance(self):  # noqa: N802
        """Return a new one."""
        return type(self)()

    def call(self, arguments, feedback, allowed=(0, CLASH, NOT_FOUND), limit=None):
        """Run the command with its progress in the log and on the bar, until it ends or is cancelled."""
        feedback.pushCommandInfo("beatplanner " + " ".join(arguments))
        progress = Progress(limit)

        def show(line):
            feedback.pushInfo(line)
            feedback.setProgress(progress.after(line))

        try:
            code, said = run(arguments, show, feedback.isCanceled, allowed)
        except CommandError as error:
            raise QgsProcessingException(str(error)) from None
        feedback.setProgress(100)
        if code == CLASH:
            feedback.reportError("The rules cannot all be met: the plan is the best one under the smallest relaxation.")
        if code == NOT_FOUND:
            feedback.reportError(
                "No plan that keeps all rules was found, and it is not proven that there is none; the plan relaxes some."
            )
        return code, said

    def project(self, title="Project (description or project file)"):
        """Add the parameter of the project."""
        self.addParameter(QgsProcessingParameterFile("PROJECT", title))


class Check(Algorithm):
    """beatplanner check."""

    ident, title = "check", "Check the data"
    about = "Reads every layer of a project and says what is wrong or doubtful with it, and how to repair it."

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Declare parameters and outputs."""
        self.project()
        self.addOutput(QgsProcessingOutputString("SAID", "What was found"))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        """Run."""
        project = self.parameterAsFile(parameters, "PROJECT", context)
        code, said = self.call(["check", project], feedback, (0, BAD))
        feedback.pushInfo(said)
        if code == BAD:
            # everything stands in the log; a model goes no further
            *lines, total = said.splitlines()
            raise QgsProcessingException("\n".join([*(x for x in lines if x.startswith("error")), total]))
        return {"SAID": said}


class Step(Algorithm):
    """A command that plans one step."""

    layers = ()

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Declare parameters and outputs."""
        self.project()
        if self.ident != "beats":
            plan = QgsProcessingParameterFile(
                "PLAN", "Plan whose beats are used (plan.gpkg); else today's", optional=True, extension="gpkg"
            )
            self.addParameter(plan)
        number = QgsProcessingParameterNumber
        self.addParameter(number("TIME_LIMIT", "Time limit (seconds)", defaultValue=60, minValue=1))
        self.addParameter(number("SEED", "Seed", defaultValue=0, minValue=0))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Result folder"))
        self.addOutput(QgsProcessingOutputFile("PLAN_FILE", "Plan (plan.gpkg)"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report"))
        for layer in self.layers:
            self.addOutput(QgsProcessingOutputVectorLayer(layer.upper(), layer.capitalize()))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        """Run."""
        out = self.parameterAsString(parameters, "OUTPUT", context)
        arguments = [self.ident, self.parameterAsFile(parameters, "PROJECT", context), "--out", out]
        plan = self.parameterAsFile(parameters, "PLAN", context) if self.ident != "beats" else ""
        if plan:
            arguments += ["--plan", file_of(plan)]
        limit = self.parameterAsInt(parameters, "TIME_LIMIT", context)
        arguments += ["--time-limit", str(limit)]
        arguments += ["--seed", str(self.parameterAsInt(parameters, "SEED", context))]
        self.call(arguments, feedback, limit=limit)
        package = Path(out) / "plan.gpkg"
        files = {"PLAN_FILE": str(package), "REPORT": str(Path(out) / "report.html")}
        return {"OUTPUT": out, **files, **{layer.upper(): f"{package}|layername={layer}" for layer in self.layers}}


class Beats(Step):
    """beatplanner beats."""

    ident, title, layers = "beats", "Draw beats", ("beats", "units")
    about = "Draws balanced, connected beats under the project's rules, with a proven gap."


class Stations(Step):
    """beatplanner stations."""

    ident, title, layers = "stations", "Place stations", ("stations", "units")
    about = "Places outreach stations that people reach on foot."


class Officers(Step):
    """beatplanner officers."""

    ident, title, layers = "officers", "Plan officers", ("assignments",)
    about = "Plans who holds which post, and when."


class Compare(Algorithm):
    """beatplanner compare."""

    ident, title = "compare", "Compare plans"
    about = "Compares plans side by side; the first is the one that the others are compared with."

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Declare parameters and outputs."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers("PLANS", "Plans (plan.gpkg or their folders)", QgsProcessing.TypeFile)
        )
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Comparison"))
        self.addOutput(QgsProcessingOutputHtml("PAGE", "What to choose"))

    def checkParameterValues(self, parameters, context):  # noqa: N802
        """Return whether the parameters can be used, and else why not."""
        if len(self.parameterAsFileList(parameters, "PLANS", context)) < 2:
            return False, "Give two plans or more."
        return super().checkParameterValues(parameters, context)

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        """Run."""
        files = self.parameterAsFileList(parameters, "PLANS", context)
        folders = [folder_of(f) for f in files]
        out = self.parameterAsString(parameters, "OUTPUT", context)
        self.call(["compare", *folders, "--out", out], feedback)
        return {"OUTPUT": out, "PAGE": str(Path(out) / "comparison.html")}


class Verify(Algorithm):
    """beatplanner verify."""

    ident, title = "verify", "Verify a plan"
    about = "Computes every claim of a plan anew, without any solver; fails in the result where one is wrong."

    def initAlgorithm(self, configuration=None):  # noqa: N802
        """Declare parameters and outputs."""
        folder = QgsProcessingParameterFile("PLAN", "Result folder", behavior=QgsProcessingParameterFile.Folder)
        self.addParameter(folder)
        self.addOutput(QgsProcessingOutputBoolean("OK", "Nothing is wrong"))
        self.addOutput(QgsProcessingOutputString("SAID", "Every check as JSON"))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        """Run."""
        folder = folder_of(self.parameterAsString(parameters, "PLAN", context))
        _, said = self.call(["verify", folder, "--json"], feedback, (0, BAD))
        return {"OK": bool(json.loads(said)["ok"]), "SAID": said}


class Provider(QgsProcessingProvider):
    """beatplanner in the toolbox."""

    def id(self):
        """Return the id in models and scripts."""
        return "beatplanner"

    def name(self):
        """Return the name in the toolbox."""
        return "beatplanner"

    def loadAlgorithms(self):  # noqa: N802
        """Add the algorithms."""
        for algorithm in (Check, Beats, Stations, Officers, Compare, Verify):
            self.addAlgorithm(algorithm())
