// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"

	"github.com/miekg/dns"
)

// JudgeDNS reads an answer and judges its answer section. The message is nil if it
// can't be read.
func JudgeDNS(ctx context.Context, text []byte, rules RecordRules) (*dns.Msg, error) {
	answer, err := parseDNS(text)
	if err != nil {
		return nil, err
	}
	p := &dnsProbe{DNSOptions: DNSOptions{EmptyOK: true, Answer: rules}, rcodes: []int{answer.Rcode}}
	return answer, p.judge(ctx, answer)
}
