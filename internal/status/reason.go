// SPDX-License-Identifier: Apache-2.0

package status

// A Reason says why a replica is not healthy. The list is closed: a reason is a
// label value, and label values must not grow with what the network says.
type Reason string

// The reasons there are. None is that of a healthy replica, and of one that
// has not been seen yet.
const (
	None       Reason = ""
	DNS        Reason = "dns"        // the name did not resolve
	Connect    Reason = "connect"    // the connection was refused or broke
	Timeout    Reason = "timeout"    // no answer within the time limit
	TLS        Reason = "tls"        // the TLS handshake or the certificate
	HTTPStatus Reason = "status"     // an HTTP status out of the range
	Body       Reason = "body"       // the body does not match
	Slow       Reason = "slow"       // an answer, but later than sick_after
	Exit       Reason = "exit"       // a script's exit code
	Late       Reason = "late"       // no report in time
	Load       Reason = "load"       // CPU or RAM above its limit
	Queue      Reason = "queue"      // a message queue above its limit
	Permission Reason = "permission" // the exporter lacks a permission; status unknown
	Protocol   Reason = "protocol"   // an answer that the protocol does not allow
	Reported   Reason = "reported"   // what a replica or a relay reported as such
)

// Words returns the reason as a visitor of the page may read it. It names no
// target.
func (r Reason) Words() string {
	words := map[Reason]string{
		DNS: "name does not resolve", Connect: "connection failed", Timeout: "no answer in time",
		TLS: "TLS error", HTTPStatus: "unexpected HTTP status", Body: "unexpected content",
		Slow: "slow answer", Exit: "check failed", Late: "no report in time", Load: "high load",
		Queue: "queue too long", Permission: "no permission to check", Protocol: "invalid answer",
		Reported: "reported as such",
	}
	return words[r]
}
