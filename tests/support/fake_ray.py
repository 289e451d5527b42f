"""The part of Ray that ``--engine ray`` uses, without Ray: each task runs in this process when its result is read."""

import sys
from threading import Thread
from types import ModuleType, SimpleNamespace


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


class WorkerCrashedError(RayError):
    pass


class Ray(ModuleType):
    """A cluster with three processors. ``deadly``: what a worker process does not survive, by task's arguments."""

    def __init__(self, deadly=lambda *_: False):
        super().__init__("ray")
        self.deadly = deadly
        self.exceptions = ModuleType("ray.exceptions")
        for error in (RayError, RayTaskError, WorkerCrashedError):
            setattr(self.exceptions, error.__name__, error)
        self.exceptions.RuntimeEnvSetupError = self.exceptions.TaskUnschedulableError = type("Odd", (RayError,), {})
        self.flying, self.most, self.submitted = {}, 0, []
        self.given = None

    def install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "ray", self)
        monkeypatch.setitem(sys.modules, "ray.exceptions", self.exceptions)
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
        return self

    def is_initialized(self):
        return False

    def init(self, address, **more):
        self.given = address, more
        Thread(target=print, args=["chatter"], name="ray_listen_error_messages").start()

    def shutdown(self):
        self.given = None

    def cluster_resources(self):
        return {"CPU": 3.0}

    def remote(self, **options):
        assert options == {"num_cpus": 1, "max_retries": 0}
        return lambda function: SimpleNamespace(remote=lambda *given: self.submit(function, given))

    def submit(self, function, given):
        reference = object()
        self.flying[reference] = function, given
        self.submitted.append(given)
        self.most = max(self.most, len(self.flying))
        return reference

    def wait(self, references, timeout):
        assert timeout > 0
        return [references[-1]], references[:-1]  # never in order

    def get(self, reference):
        function, given = self.flying.pop(reference)
        what = self.deadly(*given)
        if isinstance(what, Exception):
            raise what
        if what:
            raise WorkerCrashedError("The worker died unexpectedly.")
        return function(*given)
