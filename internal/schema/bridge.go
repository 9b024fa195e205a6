// SPDX-License-Identifier: Apache-2.0

package schema

// Metrics that the bridge has about itself. Its build information is BridgePrefix
// and "build_info".
const (
	BridgePrefix             = "pharos_bridge"
	BridgeNotifications      = BridgePrefix + "_notifications_total"
	BridgeAttempts           = BridgePrefix + "_attempts_total"
	BridgeDelivery           = BridgePrefix + "_delivery_seconds"
	BridgePossibleDuplicates = BridgePrefix + "_possible_duplicates_total"
	BridgeQueueLength        = BridgePrefix + "_queue_length"
	BridgeQueueOldestAge     = BridgePrefix + "_queue_oldest_age_seconds"
	BridgeDeadLetters        = BridgePrefix + "_dead_letters"
	BridgeSpoolBytes         = BridgePrefix + "_spool_bytes"
	BridgeRequests           = BridgePrefix + "_requests_total"
	BridgeStorageOK          = BridgePrefix + "_storage_ok"
	BridgeReloadSuccessful   = BridgePrefix + "_config_last_reload_successful"
	BridgeReloadSuccessTime  = BridgePrefix + "_config_last_reload_success_timestamp_seconds"
)

// Labels of the bridge's metrics.
const (
	Channel = "channel" // its name in bridge.yml
	Outcome = "outcome" // one of the outcomes below
)

// What may become of a notification, for each recipient of a channel.
const (
	OutcomeDelivered = "delivered" // acknowledged by the channel
	OutcomeOvertaken = "overtaken" // made pointless by newer word while it waited: a reminder, or what an SMS would wake somebody for
	OutcomeSkipped   = "skipped"   // not meant for this recipient: a reminder before its escalation, or what the channel does not tell
	OutcomeRefused   = "refused"   // for good, by the channel; a dead letter
	OutcomeExpired   = "expired"   // given up after give_up_after; a dead letter
	OutcomeDuplicate = "duplicate" // accepted before, from another Alertmanager or from a repeated request
)

// AlertStarted is the alert that tells of a start.
const AlertStarted = "PharosStarted"

// JobBridge is the job label under which the shipped scrape configurations scrape the
// bridge.
const JobBridge = "pharos_bridge"
