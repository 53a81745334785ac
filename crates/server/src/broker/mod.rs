//! The embedded MQTT broker, whose acknowledgement means committed.
