//! A fleet of town halls: simulated load to meter bytes to the gateway crate to MQTT.
