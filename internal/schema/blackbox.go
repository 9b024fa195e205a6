// SPDX-License-Identifier: Apache-2.0

package schema

// Metrics of a probe on demand. Their names, labels and meaning are those of
// blackbox_exporter, so that rules and dashboards made for it go on working.
const (
	ProbeSuccess       = "probe_success"
	ProbeDuration      = "probe_duration_seconds"
	ProbeTimeout       = "probe_timeout_seconds"
	ProbeLookup        = "probe_dns_lookup_time_seconds"
	ProbeIPProtocol    = "probe_ip_protocol"
	ProbeIPHash        = "probe_ip_addr_hash"
	ProbeFailedRegexp  = "probe_failed_due_to_regex"
	ProbeFailedBytes   = "probe_failed_due_to_bytes"
	ProbeFailedCEL     = "probe_failed_due_to_cel"
	ProbeExpectInfo    = "probe_expect_info"
	ProbeTLSEarliest   = "probe_ssl_earliest_cert_expiry"
	ProbeTLSLastChain  = "probe_ssl_last_chain_expiry_timestamp_seconds"
	ProbeTLSLeaf       = "probe_ssl_last_chain_info"
	ProbeTLSVersion    = "probe_tls_version_info"
	ProbeTLSCipher     = "probe_tls_cipher_info"
	ProbeHTTPDuration  = "probe_http_duration_seconds"
	ProbeHTTPLength    = "probe_http_content_length"
	ProbeHTTPBody      = "probe_http_uncompressed_body_length"
	ProbeHTTPRedirects = "probe_http_redirects"
	ProbeHTTPTLS       = "probe_http_ssl"
	ProbeHTTPStatus    = "probe_http_status_code"
	ProbeHTTPVersion   = "probe_http_version"
	ProbeHTTPModified  = "probe_http_last_modified_timestamp_seconds"
	ProbeDNSDuration   = "probe_dns_duration_seconds"
	ProbeDNSAnswer     = "probe_dns_answer_rrs"
	ProbeDNSAuthority  = "probe_dns_authority_rrs"
	ProbeDNSAdditional = "probe_dns_additional_rrs"
	ProbeDNSSucceeded  = "probe_dns_query_succeeded"
	ProbeDNSSerial     = "probe_dns_serial"
	ProbeICMPDuration  = "probe_icmp_duration_seconds"
	ProbeICMPHopLimit  = "probe_icmp_reply_hop_limit"
	ProbeGRPCDuration  = "probe_grpc_duration_seconds"
	ProbeGRPCTLS       = "probe_grpc_ssl"
	ProbeGRPCStatus    = "probe_grpc_status_code"
	ProbeGRPCHealth    = "probe_grpc_healthcheck_response"
	ProbeWSStatus      = "probe_websocket_status_code"
	ProbeWSUpgraded    = "probe_websocket_connection_upgraded"
	ProbeWSFailed      = "probe_websocket_failed_due_to_regex"

	// ProbeSSHInfo is the project's own: blackbox_exporter has no prober for SSH.
	ProbeSSHInfo = "probe_ssh_info"
)

// Labels of the metrics of a probe on demand.
const (
	Phase             = "phase"
	FingerprintSHA256 = "fingerprint_sha256"
	Subject           = "subject"
	Issuer            = "issuer"
	SubjectAltNames   = "subjectalternative"
	SerialNumber      = "serialnumber"
	Version           = "version"
	Cipher            = "cipher"
	ServingStatus     = "serving_status"
	Banner            = "banner"
	KeyType           = "key_type"
)

// ModuleUnknown counts the probes on demand that asked for a module that is not there.
const ModuleUnknown = "blackbox_module_unknown_total"
