"""The one question to Modal that its client does not know: whether a call has ended, without its result.

It uses the client's own way to the server, which is private and may change with a release: requirements.txt pins the
client, and the tests ask a server over gRPC.
"""

import time
from typing import Any

from modal._utils.async_utils import synchronize_api
from modal._utils.function_utils import ATTEMPT_TIMEOUT_GRACE_PERIOD
from modal._utils.grpc_utils import Retry
from modal_proto import api_pb2


async def _has_ended(client: Any, call_id: str, timeout: float) -> bool:
    """Whether a call has ended, waiting at most `timeout` seconds. Raises what Modal's client raises."""
    answer = await client._stub.FunctionGetOutputs(
        api_pb2.FunctionGetOutputsRequest(
            function_call_id=call_id,
            timeout=timeout,
            last_entry_id="0-0",
            clear_on_success=False,
            requested_at=time.time(),
        ),
        retry=Retry(attempt_timeout=timeout + ATTEMPT_TIMEOUT_GRACE_PERIOD),
    )
    # Where neither an output is there nor an input of which one is to come, Modal has forgotten the call.
    return bool(answer.outputs) or answer.num_unfinished_inputs == 0


has_ended: Any = synchronize_api(_has_ended)  # type: ignore[no-untyped-call]
