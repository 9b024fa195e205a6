// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"encoding/binary"
)

// A Shard is one of several exporters that share the services of one file. The
// zero Shard has them all.
type Shard struct{ Index, Count int } // Index is from 0 to Count-1

// Owns tells whether a service is of this shard. Each is of exactly one. With one
// more shard about 1/(n+1) of the services move, all of them to the new one.
func (s Shard) Owns(service string) bool {
	return s.Count <= 1 || jump(service, s.Count) == s.Index
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
