// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// figuresEvery is how often visitors fetch the page anew because of figures alone.
const figuresEvery = time.Minute

// versionOf returns a short text that is another one when visitors should see the
// page anew: at once when a state or a text changed, and within a minute when figures
// did, such as latencies, which always do while there is new data.
func versionOf(p statuspage.Page) string {
	type part struct {
		ID, Label, Mode, Link, LinkLabel, Unit string
		Status                                 status.Status
		Since                                  time.Time
		InMaintenance                          bool
		Parts                                  []part
	}
	var services []part
	for _, s := range p.Services {
		service := part{ID: s.ID, Label: s.Label, Status: s.Status, Since: s.Since, InMaintenance: s.InMaintenance}
		for _, n := range s.Nodes {
			node := part{
				ID: n.ID, Label: n.Label, Mode: n.Mode, Link: n.LinkURL, LinkLabel: n.LinkLabel, Unit: n.Unit,
				Status: n.Status, Since: n.Since, InMaintenance: n.InMaintenance,
			}
			for _, r := range n.Replicas {
				node.Parts = append(node.Parts, part{ID: string(r.Reason), Label: r.Name, Status: r.Status})
			}
			service.Parts = append(service.Parts, node)
		}
		services = append(services, service)
	}
	slim := p
	slim.Services, slim.Built, slim.AsOf = nil, time.Time{}, p.AsOf.Truncate(figuresEvery)
	hash := sha256.New()
	// Neither holds what JSON can't say, and a hash takes everything.
	_ = json.NewEncoder(hash).Encode(slim)
	_ = json.NewEncoder(hash).Encode(services)
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
