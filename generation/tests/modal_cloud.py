"""What a Modal that takes apps answers, to `modal deploy` and to the containers that run what was deployed."""

import asyncio
import itertools
import pickle
from collections import deque
from typing import Any

from google.protobuf import empty_pb2
from grpclib.server import Stream
from modal_proto import api_pb2

from generation.tests.modal_blobs import Blobs
from generation.tests.modal_calls import Call, Calls, Script
from generation.tests.modal_results import PICKLE_PROTOCOL, Result
from generation.tests.modal_server import ModalServer
from generation.tests.modal_service import METHOD, ModalService


class CloudCalls(Calls):
    """Calls that containers work on."""

    def running_now(self) -> list[Call]:
        return [call for call in self._calls.values() if call.result is None]

    def progress(self) -> dict[str, float]:
        """None but what the app itself tells."""
        return {}

    async def _work(self, call: Call) -> None:
        """Nothing is made here."""


class ModalCloud(ModalService):
    """What was deployed, and the inputs of its containers.

    `commands` built the images; `mounts` are the uploaded files, their SHA-256 by path, and `functions` what
    there is to run. A container of songs is given `together` inputs at once (`batches` tells how many it
    got); one of a function that is `closing` is told to end.
    """

    calls: CloudCalls

    def __init__(self, script: Script, calls: CloudCalls, blobs: Blobs) -> None:
        super().__init__(script, calls, blobs)
        self.commands: list[str] = []
        self.mounts: dict[str, dict[str, str]] = {}
        self.functions: dict[str, api_pb2.Function] = {}
        self.together = 1
        self.closing: set[str] = set()
        self.batches: list[int] = []
        self._files: dict[str, bytes] = {}
        self._given: dict[str, Call] = {}
        self._cancel: deque[str] = deque()
        self._numbers = itertools.count(1)

    def uploaded(self, function: str) -> dict[str, bytes]:
        """The files that a container of this function finds, by their whole path."""
        return {
            path: self._files[digest]
            for mount_id in self.functions[function].mount_ids
            for path, digest in self.mounts[mount_id].items()
        }

    def cancel_input(self, call_id: str) -> None:
        """Have the container that works on this call hear that it is not wanted any more."""
        self._cancel.append(f"in-{call_id}")

    # What `modal deploy` asks.

    async def AppGetByDeploymentName(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.AppGetByDeploymentNameResponse())

    async def AppCreate(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.AppCreateResponse(app_id="ap-1", app_page_url="https://modal.com"))

    async def AppHeartbeat(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(empty_pb2.Empty())

    async def EnvironmentGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        settings = api_pb2.EnvironmentSettings(image_builder_version="2025.06")
        await stream.send_message(
            api_pb2.EnvironmentGetOrCreateResponse(
                environment_id="en-1", metadata=api_pb2.EnvironmentMetadata(name="main", settings=settings)
            )
        )

    async def MountBatchedCheckExistence(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        missing = [digest for digest in request.sha256_hex_hashes if digest not in self._files]
        await stream.send_message(
            api_pb2.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)
        )

    async def MountPutFile(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        if request.WhichOneof("data_oneof") == "data":
            self._files[request.sha256_hex] = request.data
        await stream.send_message(api_pb2.MountPutFileResponse(exists=request.sha256_hex in self._files))

    async def MountGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        mount_id = f"mo-{next(self._numbers)}"
        self.mounts[mount_id] = {file.filename: file.sha256_hex for file in request.files}
        await stream.send_message(
            api_pb2.MountGetOrCreateResponse(
                mount_id=mount_id,
                handle_metadata=api_pb2.MountHandleMetadata(content_checksum_sha256_hex="0"),
            )
        )

    async def ImageGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self.commands += request.image.dockerfile_commands
        built = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
        await stream.send_message(
            api_pb2.ImageGetOrCreateResponse(image_id=f"im-{next(self._numbers)}", result=built)
        )

    async def SecretGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        await stream.send_message(
            api_pb2.SecretGetOrCreateResponse(secret_id=f"st-{request.deployment_name}")
        )

    async def VolumeGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        await stream.send_message(
            api_pb2.VolumeGetOrCreateResponse(
                volume_id=f"vo-{request.deployment_name}",
                metadata=api_pb2.VolumeMetadata(name=request.deployment_name),
            )
        )

    async def FunctionPrecreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        await stream.send_message(
            api_pb2.FunctionPrecreateResponse(
                function_id=f"fu-{request.function_name}", handle_metadata=_handle(request.function_name)
            )
        )

    async def FunctionCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        function = request.function
        self.functions[function.function_name] = function
        await stream.send_message(
            api_pb2.FunctionCreateResponse(
                function_id=f"fu-{function.function_name}",
                function=function,
                function_data=api_pb2.FunctionData(
                    ranked_functions=[api_pb2.FunctionData.RankedFunction(rank=0, function=function)]
                ),
                handle_metadata=_handle(function.function_name),
            )
        )

    async def ClassCreate(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.ClassCreateResponse(class_id="cs-1"))

    async def AppPublish(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self.script.deployed.add(request.name)
        await stream.send_message(api_pb2.AppPublishResponse(url="https://modal.com", deployed_at=1.0))

    async def AppClientDisconnect(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(empty_pb2.Empty())

    # What a container asks.

    async def ContainerHello(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(empty_pb2.Empty())

    async def ContainerHeartbeat(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        response = api_pb2.ContainerHeartbeatResponse()
        if self._cancel:
            response.cancel_input_event.input_ids.append(self._cancel.popleft())
        await stream.send_message(response)

    async def FunctionGetInputs(self, stream: Stream[Any, Any]) -> None:
        """Wait until there are as many inputs as are to be given at once, or no more are to come."""
        request = await _asked(stream)
        function = request.function_id.removeprefix("fu-")
        method = METHOD if request.batch_max_size else function
        while not (given := self._to_give(method)) and function not in self.closing:
            await asyncio.sleep(0.05)
        response = api_pb2.FunctionGetInputsResponse()
        for call in given:
            self._given[f"in-{call.id}"] = call
            response.inputs.add(
                input_id=f"in-{call.id}",
                function_call_id=call.id,
                function_call_invocation_type=api_pb2.FUNCTION_CALL_INVOCATION_TYPE_ASYNC,
                input=api_pb2.FunctionInput(
                    args=pickle.dumps(((call.argument,) if call.argument else (), {}), PICKLE_PROTOCOL),
                    data_format=api_pb2.DATA_FORMAT_PICKLE,
                    method_name=method if request.batch_max_size else "",
                ),
            )
        if response.inputs:
            self.batches.append(len(response.inputs))
        else:
            response.inputs.add(kill_switch=True)
        await stream.send_message(response)

    async def FunctionPutOutputs(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        for output in request.outputs:
            call, result = self._given[output.input_id], output.result
            data = self.blobs.read(result.data_blob_id) if result.data_blob_id else result.data
            assert data is not None
            call.result = call.result or Result(result.status, data, result.exception)
            call.over.set()
        await stream.send_message(empty_pb2.Empty())

    async def ContainerStop(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        self.closing.add("Generator.*")
        await stream.send_message(api_pb2.ContainerStopResponse())

    async def TaskResult(self, stream: Stream[Any, Any]) -> None:
        """Where a container could not start, what waits for it ends with what it raised."""
        request = await _asked(stream)
        result = request.result
        if result.status == api_pb2.GenericResult.GENERIC_STATUS_FAILURE:
            for call in self.calls.running_now():
                call.result = Result(result.status, result.data, result.exception)
                call.over.set()
        await stream.send_message(empty_pb2.Empty())

    async def VolumeCommit(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.VolumeCommitResponse())

    async def VolumeReload(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(empty_pb2.Empty())

    def _to_give(self, method: str) -> list[Call]:
        """The calls that a container gets next, once there are enough of them."""
        given = {call.id for call in self._given.values()}
        waiting = [
            call for call in self.calls.running_now() if call.method == method and call.id not in given
        ]
        wanted = self.together if method == METHOD else 1
        return waiting[:wanted] if len(waiting) >= wanted else []


class CloudServer(ModalServer):
    """A server that takes an app, where none is deployed yet."""

    service: ModalCloud

    def __init__(self) -> None:
        super().__init__(Script(deployed=set()))
        calls = CloudCalls(self.script)
        self.calls = calls
        self.service = ModalCloud(self.script, calls, self.blobs)  # type: ignore[abstract]  # as its parent


def _handle(name: str) -> api_pb2.FunctionHandleMetadata:
    return api_pb2.FunctionHandleMetadata(function_name=name)


async def _asked(stream: Stream[Any, Any]) -> Any:
    request = await stream.recv_message()
    assert request is not None
    return request
