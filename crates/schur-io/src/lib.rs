//! Non-executing readers of checkpoints: zip, pickle, torch storages, safetensors.
