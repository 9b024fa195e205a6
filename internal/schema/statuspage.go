// SPDX-License-Identifier: Apache-2.0

package schema

// Metrics that the status page has about itself.
const (
	StatuspageRefreshes       = "pharos_statuspage_refreshes_total"
	StatuspageRefreshDuration = "pharos_statuspage_refresh_duration_seconds"
	StatuspageLastSuccess     = "pharos_statuspage_last_success_timestamp_seconds"
	StatuspageReloadOK        = "pharos_statuspage_config_last_reload_successful"
	StatuspageTLSNotAfter     = "pharos_statuspage_tls_not_after_timestamp_seconds"
	StatuspageReloadTime      = "pharos_statuspage_config_last_reload_success_timestamp_seconds"
)

// Metrics of those who subscribe to a page.
const (
	StatuspageSubscribers = "pharos_statuspage_subscribers"
	StatuspageMessages    = "pharos_statuspage_messages_total"
)

// Kind is the label of what kind something is.
const Kind = "kind"
