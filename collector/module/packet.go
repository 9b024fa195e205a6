// SPDX-License-Identifier: Apache-2.0

package module

import promconfig "github.com/prometheus/common/config"

// defaultTTL is how many hops an echo request may take.
const defaultTTL = 64

// ICMP says what echo requests are like.
type ICMP struct {
	IP           `yaml:",inline"`
	Source       `yaml:",inline"`
	PayloadSize  int  `yaml:"payload_size,omitempty"` // bytes; 0: the prober's own
	DontFragment bool `yaml:"dont_fragment,omitempty"`
	TTL          int  `yaml:"ttl,omitempty"` // 1 to 255; 0: the system's
}

// DNS says what to ask a name server, and what to expect.
type DNS struct {
	IP                 `yaml:",inline"`
	Source             `yaml:",inline"`
	OverTLS            bool                 `yaml:"dns_over_tls,omitempty"`
	TLSConfig          promconfig.TLSConfig `yaml:"tls_config,omitempty"`
	Transport          string               `yaml:"transport_protocol,omitempty"` // udp or tcp; empty: udp
	QueryClass         string               `yaml:"query_class,omitempty"`        // empty: IN
	QueryName          string               `yaml:"query_name"`                   // empty: the root
	QueryType          string               `yaml:"query_type,omitempty"`         // empty: ANY
	Recursion          bool                 `yaml:"recursion_desired"`
	ValidRcodes        []string             `yaml:"valid_rcodes,omitempty,flow"` // empty: NOERROR
	ValidateAnswer     Records              `yaml:"validate_answer_rrs,omitempty"`
	ValidateAuthority  Records              `yaml:"validate_authority_rrs,omitempty"`
	ValidateAdditional Records              `yaml:"validate_additional_rrs,omitempty"`

	given bool // the module has this part
}

// UnmarshalYAML notes that there is something to decode: without it, the root is
// asked for.
func (d *DNS) UnmarshalYAML(unmarshal func(any) error) error {
	d.given = true
	type plain DNS
	return unmarshal((*plain)(d))
}

// Records are conditions on the records of a section of a DNS message, each
// record as its line in a zone file.
type Records struct {
	Matches     []Regexp `yaml:"fail_if_matches_regexp,omitempty"`
	AllMatch    []Regexp `yaml:"fail_if_all_match_regexp,omitempty"`
	NotMatches  []Regexp `yaml:"fail_if_not_matches_regexp,omitempty"`
	NoneMatches []Regexp `yaml:"fail_if_none_matches_regexp,omitempty"`
}
