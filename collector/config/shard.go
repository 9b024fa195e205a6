// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxShards bounds among how many exporters the services are split.
const maxShards = 1000

// A Shard is one of several exporters that share the services of one file. The
// zero Shard has them all.
type Shard struct{ Index, Count int } // Index is from 0 to Count-1

// Owns tells whether a service is of this shard. Each is of exactly one. With one
// more shard about 1/(n+1) of the services move, all of them to the new one.
func (s Shard) Owns(service string) bool {
	return s.Count <= 1 || jump(service, s.Count) == s.Index
}

// pick returns those of the services that are of this shard.
func (s Shard) pick(all []Service) []Service {
	if s.Count <= 1 {
		return all
	}
	var own []Service
	for _, service := range all {
		if s.Owns(service.ID) {
			own = append(own, service)
		}
	}
	return own
}

// jump is the jump consistent hash of Lamping and Veach: it follows the key from
// shard to shard as their number grows, and returns the last one it jumped to.
func jump(key string, shards int) int {
	sum := sha256.Sum256([]byte(key))
	state := binary.BigEndian.Uint64(sum[:])
	at, next := 0, 0
	for next < shards {
		at = next
		state = state*2862933555777941757 + 1
		next = int(float64(at+1) * (float64(1<<31) / float64(state>>33+1)))
	}
	return at
}

type shardDocument struct {
	Index *int `yaml:"index,omitempty"`
	Count *int `yaml:"count,omitempty"`
}

func (l *loader) shard(p configfile.Path, d *shardDocument) Shard {
	switch {
	case d == nil || (d.Index == nil && d.Count == nil):
		return Shard{}
	case d.Index == nil:
		l.fail(p, "index is missing; number the exporters from 0 to count-1")
	case d.Count == nil:
		l.fail(p, "count is missing; write how many exporters share the services")
	case *d.Count < 1 || *d.Count > maxShards:
		l.fail(p.At("count"), "is %d, want 1 to %d", *d.Count, maxShards)
	case *d.Index < 0 || *d.Index >= *d.Count:
		l.fail(p.At("index"), "is %d, want 0 to %d, which is count-1", *d.Index, *d.Count-1)
	default:
		return Shard{*d.Index, *d.Count}
	}
	return Shard{}
}
