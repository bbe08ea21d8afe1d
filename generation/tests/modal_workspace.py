"""What a test server of Modal answers to all other commands of docs/modal.md, from logging in to reading logs."""

import asyncio
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from grpclib import GRPCError, Status
from grpclib.server import Stream
from modal_proto import api_pb2

from generation.tests.modal_calls import Script
from generation.tests.modal_cloud import CloudCalls, CloudServer, ModalCloud
from generation.tests.modal_server import ModalServer
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET

WORKSPACE = "alice"
RATES = "GPU L40S  0.000542 USD per second"
# What a browser is sent to. Nobody has to log in there: the token is ready at once.
LOGIN_PAGE = "https://modal.com/token-flow/tf-test"


class ModalWorkspace(ModalCloud):
    """A workspace with secrets, volumes and logs, in which an app can also be run once.

    `secrets` are the variables of each secret; the files of a volume lie in its folder below `volumes`. What a
    container writes to `log` is what the app says.
    """

    without_token = frozenset({"TokenFlowCreate", "TokenFlowWait"})

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.secrets: dict[str, dict[str, str]] = {}
        self.volumes = Path()
        self.log: Path | None = None
        self.running_once = False

    # Logging in.

    async def TokenFlowCreate(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(
            api_pb2.TokenFlowCreateResponse(token_flow_id="tf-test", web_url=LOGIN_PAGE, wait_secret="secret")
        )

    async def TokenFlowWait(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(
            api_pb2.TokenFlowWaitResponse(
                token_id=TOKEN_ID, token_secret=TOKEN_SECRET, workspace_username=WORKSPACE
            )
        )

    async def WorkspaceNameLookup(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(
            api_pb2.WorkspaceNameLookupResponse(workspace_name=WORKSPACE, username=WORKSPACE)
        )

    async def WorkspaceBillingRates(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.WorkspaceBillingRatesResponse(formatted=RATES))

    # Secrets and volumes.

    async def SecretGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        name = request.deployment_name
        if request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
            self.secrets[name] = dict(request.env_dict)
        elif name and name not in self.secrets:
            raise GRPCError(Status.NOT_FOUND, f"Secret {name!r} was not found")
        await stream.send_message(api_pb2.SecretGetOrCreateResponse(secret_id=f"st-{name}"))

    async def VolumeGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        name, folder = request.deployment_name, self.volumes / request.deployment_name
        if request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.exists():
            raise GRPCError(Status.NOT_FOUND, f"Volume {name!r} was not found")
        await stream.send_message(
            api_pb2.VolumeGetOrCreateResponse(
                volume_id=f"vo-{name}", metadata=api_pb2.VolumeMetadata(name=name)
            )
        )

    async def VolumePutFiles(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        folder = self.volumes / request.volume_id.removeprefix("vo-")
        contents = {folder / file.filename.lstrip("/"): file.sha256_hex for file in request.files}
        if request.disallow_overwrite_existing_files and any(path.exists() for path in contents):
            raise GRPCError(Status.ALREADY_EXISTS, "A file of that name is there")
        for path, digest in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._files[digest])
        await stream.send_message(empty_pb2.Empty())

    async def MountPutFile(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        if request.WhichOneof("data_oneof") == "data":
            self._files[request.sha256_hex] = request.data
        elif blob := self.blobs.read(request.data_blob_id):
            self._files[request.sha256_hex] = blob
        await stream.send_message(api_pb2.MountPutFileResponse(exists=request.sha256_hex in self._files))

    # Running an app once.

    async def AppCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self.running_once = request.app_state == api_pb2.APP_STATE_EPHEMERAL
        await stream.send_message(api_pb2.AppCreateResponse(app_id="ap-1", app_page_url="https://modal.com"))

    async def AppPublish(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        if request.name:
            self.script.deployed.add(request.name)
        await stream.send_message(api_pb2.AppPublishResponse(url="https://modal.com", deployed_at=1.0))

    async def AppClientDisconnect(self, stream: Stream[Any, Any]) -> None:
        self.running_once = False
        await super().AppClientDisconnect(stream)

    # What an app says.

    async def AppGetLogs(self, stream: Stream[Any, Any]) -> None:
        """What is said while the app runs once, as soon as it is said."""
        await stream.recv_message()
        sent = 0
        while True:
            is_over = not self.running_once
            said = self._said()
            if len(said) > sent:
                await stream.send_message(_batch(said[sent:]))
                sent = len(said)
            if is_over:
                break
            await asyncio.sleep(0.1)
        await stream.send_message(api_pb2.TaskLogsBatch(app_done=True))

    async def AppGetByDeploymentName(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        app_id = "ap-1" if request.name in self.script.deployed else ""
        await stream.send_message(
            api_pb2.AppGetByDeploymentNameResponse(app_id=app_id, environment_name="main")
        )

    async def AppGetLayout(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        layout = api_pb2.AppLayout(function_ids={name: f"fu-{name}" for name in self.functions})
        await stream.send_message(api_pb2.AppGetLayoutResponse(app_layout=layout))

    async def AppFetchLogs(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.AppFetchLogsResponse(batches=[_batch(self._said())]))

    def _function_name(self, function_id: str) -> str:
        """The app that runs once has no name: its functions are called by theirs alone."""
        return function_id.removeprefix("fu-") if self.running_once else super()._function_name(function_id)

    def _said(self) -> str:
        return self.log.read_text() if self.log is not None and self.log.exists() else ""


class WorkspaceServer(CloudServer):
    """A server with a workspace in which nothing has been done yet."""

    service: ModalWorkspace

    def __init__(self, volumes: Path) -> None:
        ModalServer.__init__(self, Script(deployed=set()))
        calls = CloudCalls(self.script)
        self.calls = calls
        self.service = ModalWorkspace(self.script, calls, self.blobs)  # type: ignore[abstract]  # as its parent
        self.service.volumes = volumes


def _batch(text: str) -> api_pb2.TaskLogsBatch:
    log = api_pb2.TaskLogs(data=text, file_descriptor=api_pb2.FILE_DESCRIPTOR_STDOUT)
    return api_pb2.TaskLogsBatch(task_id="ta-1", items=[log])


async def _asked(stream: Stream[Any, Any]) -> Any:
    request = await stream.recv_message()
    assert request is not None
    return request
