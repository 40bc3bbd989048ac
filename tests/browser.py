"""Drives a page in headless Chromium with the network off, over its debugging pipe; no other program is needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome", "chrome") if (p := shutil.which(n))), None
)
AVAILABLE = CHROMIUM is not None and os.name == "posix"


class Page:
    """One page; use it as a context."""

    def __init__(self, file: Path, width: int, height: int, downloads: Path) -> None:
        self.file, self.width, self.height, self.downloads = file, width, height, downloads
        self.number, self.events = 0, []

    def __enter__(self) -> Page:
        self.downloads.mkdir(parents=True, exist_ok=True)
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        def wire() -> None:
            os.dup2(to_read, 3)
            os.dup2(to_write, 4)

        # the pipe's ends must not be 3 and 4 themselves before they are copied there
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={self.downloads / 'profile'}",
            "--remote-debugging-pipe",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ]
        self.process = subprocess.Popen(
            [str(CHROMIUM), *options],
            preexec_fn=wire,
            pass_fds=(3, 4, to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self.rest = b""
        self.session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        mobile = self.width < 500
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=self.width,
            height=self.height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        session, self.session = self.session, ""
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        self.session = session
        self.call("Page.navigate", url=self.file.as_uri())
        self.wait("document.readyState === 'complete'")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            found = self.read()
            if found.get("id") == self.number:
                assert "error" not in found, found
                return found["result"]
            self.events.append(found)

    def read(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            more = os.read(self.from_browser, 1 << 20)
            assert more, "the browser ended"
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def run(self, script: str) -> Any:
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a condition of the page holds, however busy the machine is; of a browser that ended `call` says so."""
        while not self.run(condition):
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self) -> list[str]:
        """What the browser logged: errors of scripts, and what the content policy stopped."""
        self.run("1")
        found = []
        for e in self.events:
            if e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] in ("error", "warning"):
                found.append(e["params"]["entry"]["text"])
            if e.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(e["params"]["exceptionDetails"]))
        return found
