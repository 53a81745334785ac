//! MQTT to accept to store to standings to web and panels.
