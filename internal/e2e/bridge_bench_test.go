// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// BenchmarkBridge measures how long 1,000 notifications take through the real program:
// eight posters, each of which waits for its answer, and so for the disk; one channel
// with one recipient, which gets them one after the other.
func BenchmarkBridge(b *testing.B) {
	const each, posters = 1000, 8
	to := newListener(b)
	p, url := startBridge(b, b.TempDir(), b.TempDir(), testkit.FreePort(b), "url: "+to.URL, "")
	arrived := func() int {
		to.mu.Lock()
		defer to.mu.Unlock()
		return len(to.arrivals)
	}
	round := 0
	for b.Loop() {
		round++
		var all sync.WaitGroup
		for g := range posters {
			all.Go(func() {
				for seq := range each / posters {
					if code, answer := post(url+"/bridge/v1/hook", notice{fmt.Sprintf("round-%d-group-%d", round, g), seq}.body()); code != http.StatusOK {
						b.Errorf("%d %s", code, answer)
					}
				}
			})
		}
		all.Wait()
		for arrived() < round*each && !b.Failed() {
			time.Sleep(time.Millisecond)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(round), "s/1000")
	p.stop(b)
}
