// SPDX-License-Identifier: Apache-2.0

package schema

// Metrics of the embedded engines.
const (
	EngineReloadSuccessful  = "pharos_engine_config_last_reload_successful"
	EngineReloadTimestamp   = "pharos_engine_config_last_reload_success_timestamp_seconds"
	EngineEvaluations       = "pharos_engine_evaluations_total"
	EngineEvaluationSeconds = "pharos_engine_evaluation_seconds_total"
	EngineEventSamples      = "pharos_engine_event_samples_total"
)

// Trigger is the label of the engine's metrics that tells why the rules were
// evaluated.
const Trigger = "trigger"
