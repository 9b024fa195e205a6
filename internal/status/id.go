// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// MaxIDLength is the longest replica name, in bytes, that is kept as it is.
const MaxIDLength = 200

// A NodeID names a node of a service.
type NodeID struct{ Service, Node string }

// String returns the ID in the form service:node.
func (id NodeID) String() string { return id.Service + ":" + id.Node }

// Replica returns the ID of a replica of the node.
func (id NodeID) Replica(name string) ID { return ID{id.Service, id.Node, name} }

// Compare orders by service, then node.
func (id NodeID) Compare(other NodeID) int {
	return cmp.Or(cmp.Compare(id.Service, other.Service), cmp.Compare(id.Node, other.Node))
}

// An ID names one replica. It is comparable, so it is the key of maps, and its
// fields are the labels of the replica's metrics.
type ID struct{ Service, Node, Replica string }

// String returns the ID in Vigil's form, service:node:replica.
func (id ID) String() string { return id.Service + ":" + id.Node + ":" + id.Replica }

// NodeID returns the ID of the replica's node.
func (id ID) NodeID() NodeID { return NodeID{id.Service, id.Node} }

// Compare orders by service, then node, then replica.
func (id ID) Compare(other ID) int {
	return cmp.Or(id.NodeID().Compare(other.NodeID()), cmp.Compare(id.Replica, other.Replica))
}

// Shorten returns name if it has at most [MaxIDLength] bytes. A longer one (a
// relay may send the whole text of a script) is cut at a character and ends in
// a hash of the whole, so that two long names stay apart.
func Shorten(name string) string {
	if len(name) <= MaxIDLength {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := "#" + hex.EncodeToString(sum[:4])
	cut := MaxIDLength - len(suffix)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.ToValidUTF8(name[:cut], "\uFFFD") + suffix
}
