"""What a test server of Modal answers over gRPC: lookups, calls, results, blobs and dictionaries.

Only what the site and its benchmarks ask is there; anything else is UNIMPLEMENTED.
"""

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpclib.const
from google.protobuf import empty_pb2
from grpclib import GRPCError, Status
from grpclib.server import Stream
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientBase

from generation.tests.modal_blobs import Blobs
from generation.tests.modal_calls import UNKNOWN, Call, Calls, Script
from generation.tests.modal_results import PICKLE_PROTOCOL

CLASS: Final = "Generator"
METHOD: Final = "generate"
FUNCTION: Final = "health"
TOKEN_ID, TOKEN_SECRET = "ak-test", "as-test"
# From this size on a result travels as a blob.
INLINE_BYTES = 2 << 20
_OK = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS


class ModalService(ModalClientBase):
    """The answers, each counted by its name in `calls.counts`. Those `without_token` are given to everybody."""

    without_token: frozenset[str] = frozenset()

    def __init__(self, script: Script, calls: Calls, blobs: Blobs) -> None:
        self.script = script
        self.calls = calls
        self.blobs = blobs
        self.dicts: dict[str, dict[bytes, bytes]] = {}

    def __mapping__(self) -> dict[str, grpclib.const.Handler]:
        return {
            path: handler._replace(func=self._guarded(name, handler.func))
            for path, handler in super().__mapping__().items()
            if any((name := path.rpartition("/")[2]) in vars(kind) for kind in self._kinds())
        }

    def _kinds(self) -> list[type]:
        return [kind for kind in type(self).__mro__ if issubclass(kind, ModalService)]

    def _guarded(
        self, name: str, answer: Callable[[Stream[Any, Any]], Awaitable[None]]
    ) -> Callable[[Stream[Any, Any]], Awaitable[None]]:
        """The answer, behind what befalls every question: it is counted, the token looked at, and there is trouble."""

        async def guarded(stream: Stream[Any, Any]) -> None:
            self.calls.counts[name] += 1
            trouble = self.script.trouble
            if trouble == "stalled":
                await asyncio.Event().wait()
            if trouble == "unavailable":
                raise GRPCError(Status.UNAVAILABLE, "Modal is away")
            token = (_header(stream, "x-modal-token-id"), _header(stream, "x-modal-token-secret"))
            is_known = token == (TOKEN_ID, TOKEN_SECRET) or name in self.without_token
            if trouble == "unauthenticated" or not is_known:
                raise GRPCError(Status.UNAUTHENTICATED, "Token ID is malformed or unknown")
            await answer(stream)

        return guarded

    async def ClientHello(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.ClientHelloResponse())

    async def ClassGet(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self._check_deployed(request.app_name, request.object_tag, CLASS)
        await stream.send_message(api_pb2.ClassGetResponse(class_id="cs-1", handle_metadata=None))

    async def FunctionGet(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self._check_deployed(request.app_name, request.object_tag, f"{CLASS}.*", FUNCTION)
        if request.object_tag == FUNCTION:
            function_id, handle = f"fu-{request.app_name}/{FUNCTION}", _function_handle(FUNCTION)
        else:
            function_id, handle = f"fu-{request.app_name}", _class_handle()
        await stream.send_message(
            api_pb2.FunctionGetResponse(
                function_id=function_id, handle_metadata=handle, function=self._function()
            )
        )

    async def FunctionBindParams(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        await stream.send_message(
            api_pb2.FunctionBindParamsResponse(
                bound_function_id=request.function_id, handle_metadata=_class_handle()
            )
        )

    async def FunctionMap(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        function = self._function_name(request.function_id)
        if self.script.trouble == "exhausted":
            raise GRPCError(Status.RESOURCE_EXHAUSTED, "Workspace has reached its spend limit")
        [item] = request.pipelined_inputs
        call = self.calls.spawn(
            item.input.method_name or function,
            self._argument(item.input),
            _header(stream, "x-idempotency-key"),
        )
        if self.script.lost_answers:
            self.script.lost_answers -= 1
            raise GRPCError(Status.UNAVAILABLE, "The answer is lost")
        accepted = api_pb2.FunctionPutInputsResponseItem(input_id=f"in-{call.id}", input_jwt="jwt")
        await stream.send_message(
            api_pb2.FunctionMapResponse(function_call_id=call.id, pipelined_inputs=[accepted])
        )

    async def FunctionGetOutputs(self, stream: Stream[Any, Any]) -> None:
        """Wait for a call to end, at most as long as asked."""
        request = await _asked(stream)
        self.calls.counts["asked"] += 1
        call = self.calls.get(request.function_call_id)
        if call is not None and call.step == UNKNOWN:
            raise GRPCError(Status.NOT_FOUND, f"Function call {call.id} was not found")
        if call is None:  # neither an output nor an input of which one is to come: it is forgotten
            await asyncio.sleep(request.timeout)
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=0))
            return
        if call.result is None:
            await self._wait_for(call, request.timeout)
        if call.result is None:
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=1))
            return
        output = api_pb2.FunctionGetOutputsItem(
            result=self._packed(call.result.status, call.result.data, call.result.said),
            data_format=api_pb2.DATA_FORMAT_PICKLE,
        )
        await stream.send_message(api_pb2.FunctionGetOutputsResponse(outputs=[output]))

    async def FunctionCallCancel(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        self.calls.cancel(request.function_call_id)
        await stream.send_message(empty_pb2.Empty())

    async def BlobGet(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        await stream.send_message(api_pb2.BlobGetResponse(download_url=self.blobs.url_of(request.blob_id)))

    async def BlobCreate(self, stream: Stream[Any, Any]) -> None:
        await _asked(stream)
        blob_id = self.blobs.new_id()
        await stream.send_message(
            api_pb2.BlobCreateResponse(
                blob_ids=[blob_id], upload_urls=api_pb2.UploadUrlList(items=[self.blobs.url_of(blob_id)])
            )
        )

    async def DictGetOrCreate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        name = request.deployment_name
        if (
            name not in self.dicts
            and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED
        ):
            raise GRPCError(Status.NOT_FOUND, f"Dict {name!r} was not found")
        self.dicts.setdefault(name, {})
        await stream.send_message(
            api_pb2.DictGetOrCreateResponse(dict_id=f"di-{name}", metadata=api_pb2.DictMetadata(name=name))
        )

    async def DictContents(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        for key, value in self._contents(request.dict_id).items():
            await stream.send_message(
                api_pb2.DictEntry(key=key if request.keys else b"", value=value if request.values else b"")
            )

    async def DictGet(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        value = self._contents(request.dict_id).get(request.key)
        await stream.send_message(api_pb2.DictGetResponse(found=value is not None, value=value or b""))

    async def DictUpdate(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        kept = self.dicts[request.dict_id.removeprefix("di-")]
        created = False
        for entry in request.updates:
            if not (request.if_not_exists and entry.key in kept):
                created = created or entry.key not in kept
                kept[entry.key] = entry.value
        await stream.send_message(api_pb2.DictUpdateResponse(created=created))

    async def DictPop(self, stream: Stream[Any, Any]) -> None:
        request = await _asked(stream)
        value = self.dicts[request.dict_id.removeprefix("di-")].pop(request.key, None)
        await stream.send_message(api_pb2.DictPopResponse(found=value is not None, value=value or b""))

    async def _wait_for(self, call: Call, seconds: float) -> None:
        waiting = asyncio.ensure_future(call.over.wait())
        self.calls.waiting += 1
        try:
            await asyncio.wait({waiting}, timeout=seconds)
        finally:
            self.calls.waiting -= 1
            waiting.cancel()

    def _function(self) -> api_pb2.FunctionData:
        """What the app is deployed with."""
        gpu = api_pb2.GPUConfig(gpu_type=self.script.gpu.name, count=1)
        function = api_pb2.Function(function_name=CLASS, resources=api_pb2.Resources(gpu_config=gpu))
        return api_pb2.FunctionData(
            ranked_functions=[api_pb2.FunctionData.RankedFunction(rank=0, function=function)]
        )

    def _function_name(self, function_id: str) -> str:
        """The name of the function of a deployed app, "" for its class. Raises GRPCError where the app is not there."""
        app, _, function = function_id.removeprefix("fu-").partition("/")
        if app not in self.script.deployed:
            raise GRPCError(Status.NOT_FOUND, f"Function {function_id} was not found")
        return function

    def _check_deployed(self, app: str, tag: str, *known: str) -> None:
        if app not in self.script.deployed or tag not in known:
            raise GRPCError(Status.NOT_FOUND, f"No {tag!r} in a deployed app {app!r}")

    def _argument(self, given: api_pb2.FunctionInput) -> Any:
        """What the function was called with, read from the message or from the blob that it names."""
        data = self.blobs.read(given.args_blob_id) if given.args_blob_id else given.args
        if data is None:
            raise GRPCError(Status.INVALID_ARGUMENT, f"There is no blob {given.args_blob_id}")
        positional, _ = pickle.loads(data)
        return positional[0] if positional else None

    def _packed(self, status: int, data: bytes, said: str) -> api_pb2.GenericResult:
        result = api_pb2.GenericResult(status=status, exception=said, traceback=said)  # type: ignore[arg-type]
        if len(data) > INLINE_BYTES:
            self.calls.counts["blobs"] += 1
            result.data_blob_id = self.blobs.keep(data)
        else:
            result.data = data
        return result

    def _contents(self, dict_id: str) -> dict[bytes, bytes]:
        """What is in a dictionary; in that for progress also how far the running calls are."""
        name = dict_id.removeprefix("di-")
        kept = dict(self.dicts[name])
        if name.endswith("-progress"):
            kept |= {_pickled(key): _pickled(part) for key, part in self.calls.progress().items()}
        return kept


# Whatever has no answer above is left out of the mapping, and so is UNIMPLEMENTED.
ModalService.__abstractmethods__ = frozenset()


async def _asked(stream: Stream[Any, Any]) -> Any:
    request = await stream.recv_message()
    assert request is not None
    return request


def _header(stream: Stream[Any, Any], name: str) -> str:
    metadata = stream.metadata
    return str(metadata[name]) if metadata is not None and name in metadata else ""


def _class_handle() -> api_pb2.FunctionHandleMetadata:
    handle = _function_handle(CLASS)
    handle.class_parameter_info.format = api_pb2.ClassParameterInfo.PARAM_SERIALIZATION_FORMAT_PROTO
    method = _function_handle(f"{CLASS}.{METHOD}")
    method.is_method, method.use_method_name = True, METHOD
    handle.method_handle_metadata[METHOD].CopyFrom(method)
    return handle


def _function_handle(name: str) -> api_pb2.FunctionHandleMetadata:
    formats = [api_pb2.DATA_FORMAT_PICKLE]
    return api_pb2.FunctionHandleMetadata(
        function_name=name,
        function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION,
        supported_input_formats=formats,
        supported_output_formats=formats,
    )


def _pickled(value: object) -> bytes:
    return pickle.dumps(value, PICKLE_PROTOCOL)
