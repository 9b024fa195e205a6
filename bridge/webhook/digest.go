// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// A Digest tells notifications with the same content apart from others.
type Digest [sha256.Size]byte

// Digest returns the same for notifications that tell the same of the same group,
// whichever Alertmanager of a cluster sends them. Which receiver they are for, and
// what annotations say, makes no difference. Why they were sent makes none but for a
// repetition: the members of a cluster may see different reasons for the same news, and
// old versions give none.
func (n *Notification) Digest() Digest {
	lines := make([]string, 0, len(n.Alerts))
	for _, a := range n.Alerts {
		who := cmp.Or(a.Fingerprint, a.Labels.String())
		lines = append(lines, fmt.Sprintf("%q %s %s\n", who, a.Status, a.StartsAt.UTC().Format(time.RFC3339Nano)))
	}
	slices.Sort(lines)
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %s %d %t\n", n.GroupKey, n.Status, n.TruncatedAlerts, n.Repeats())
	for _, line := range lines {
		_, _ = h.Write([]byte(line))
	}
	return Digest(h.Sum(nil))
}
