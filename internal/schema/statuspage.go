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

	StatuspageBuildDuration    = "pharos_statuspage_build_duration_seconds"
	StatuspageRendered         = "pharos_statuspage_rendered_total"
	StatuspageListeners        = "pharos_statuspage_listeners"
	StatuspageListenersRefused = "pharos_statuspage_listeners_refused_total"
	StatuspageLimited          = "pharos_statuspage_limited_requests_total"
	StatuspageLogins           = "pharos_statuspage_logins_total"
	StatuspageExports          = "pharos_statuspage_exports_total"
	StatuspageStoreUp          = "pharos_statuspage_store_up"
	StatuspageLeader           = "pharos_statuspage_leader"
	StatuspageDutyFailures     = "pharos_statuspage_duty_failures_total"
)

// Metrics of those who subscribe to a page.
const (
	StatuspageSubscribers = "pharos_statuspage_subscribers"
	StatuspageMessages    = "pharos_statuspage_messages_total"
)

// Labels of the page's metrics.
const (
	Kind = "kind" // of what kind something is
	Duty = "duty" // what the page does by itself
)
