// SPDX-License-Identifier: Apache-2.0

package schema

// Metrics of pharos_reporter: of what it watches, and about itself. Its build
// information is ReporterPrefix and "build_info".
const (
	ReporterPrefix            = "pharos_reporter"
	ReporterWatchStatus       = ReporterPrefix + "_watch_status"
	ReporterWatchCPU          = ReporterPrefix + "_watch_cpu_cores"
	ReporterWatchMemory       = ReporterPrefix + "_watch_memory_bytes"
	ReporterWatchOpenFiles    = ReporterPrefix + "_watch_open_files"
	ReporterWatchThreads      = ReporterPrefix + "_watch_threads"
	ReporterWatchProcesses    = ReporterPrefix + "_watch_processes"
	ReporterWatchRestarts     = ReporterPrefix + "_watch_restarts_total"
	ReporterWatchStart        = ReporterPrefix + "_watch_start_timestamp_seconds"
	ReporterWatchAnswer       = ReporterPrefix + "_watch_answer_seconds"
	ReporterWatchLastSeen     = ReporterPrefix + "_watch_last_check_timestamp_seconds"
	ReporterReports           = ReporterPrefix + "_reports_total"
	ReporterReloadSuccessful  = ReporterPrefix + "_config_last_reload_successful"
	ReporterReloadSuccessTime = ReporterPrefix + "_config_last_reload_success_timestamp_seconds"
)

// Server is the label of what pharos_reporter reports to: a host, with the path if
// there is one.
const Server = "server"

// What may become of a report of pharos_reporter, as the label result.
const (
	ReportAccepted = "accepted"
	ReportRefused  = "refused" // by an answer that would be repeated
	ReportFailed   = "failed"  // to be tried again
)
