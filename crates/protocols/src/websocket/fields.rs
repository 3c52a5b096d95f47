//! Fields of WebSocket, under Arkime's names.

fields::fields! { "websocket";
    /// Kinds of frames: Text, Binary, Close, Ping, Pong, Continuation.
    OPCODE: Term = "websocket.opcode" @ "websocket.opcode", "Opcode";
    /// Status codes of close frames.
    CLOSE_CODE: Int = "websocket.closeCode" @ "websocket.closeCode", "Close Code";
    /// Reasons in close frames.
    CLOSE_REASON: Term = "websocket.closeReason" @ "websocket.closeReason", "Close Reason";
    /// Start of the first text frames.
    TEXT_SAMPLE: Term = "websocket.textSample" @ "websocket.textSample", "Text Sample";
    /// Number of frames.
    FRAMES: Int = "websocket.frameCnt" @ "websocket.frameCnt", "Frame Count".one();
    /// Number of frames that are masked, as those of a client are.
    MASKED: Int = "websocket.maskedFromClient" @ "websocket.maskedFromClient", "Masked Frames".one();
    /// Bytes of payload in all frames.
    PAYLOAD_BYTES: Size = "websocket.payloadBytes" @ "websocket.payloadBytes", "Payload Bytes".one();
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
