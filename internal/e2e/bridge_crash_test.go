// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A notice is a notification of these tests: one of a group, which is told of in order.
type notice struct {
	Group string
	Seq   int
}

// body returns the notification as Alertmanager posts it.
func (n notice) body() string {
	labels := fmt.Sprintf(`{"alertname": "PharosServiceDead", "service": %q, "seq": "%d"}`, n.Group, n.Seq)
	return fmt.Sprintf(`{"version": "4", "groupKey": %q, "truncatedAlerts": 0, "status": "firing", "receiver": "hook",
		"groupLabels": {}, "commonLabels": %s, "commonAnnotations": {}, "externalURL": "http://127.0.0.1:9093",
		"alerts": [{"status": "firing", "labels": %s, "annotations": {"summary": "It is down"}, "startsAt": %q,
		"endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "%016x"}]}`,
		n.Group, labels, labels, time.Unix(1_800_000_000+int64(n.Seq), 0).UTC().Format(time.RFC3339), n.Seq)
}

// post posts a notification once, and returns the status code and the answer; code 0
// if there is none.
func post(url, body string) (code int, answer string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

// postUntil posts until it is answered with 200, as Alertmanager does.
func postUntil(t *testing.T, url, body string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		code, answer := post(url, body)
		if code == http.StatusOK {
			return
		}
		if code != 0 && code < 500 || time.Now().After(deadline) {
			t.Errorf("POST %s: %d %s", url, code, answer)
			return
		}
	}
}

// An arrival is a message as it came to its recipient.
type arrival struct {
	notice
	key  string // its Idempotency-Key
	life string // of the bridge, by the path to which it was sent
}

// A listener is the recipient of a channel.
type listener struct {
	*httptest.Server

	mu       sync.Mutex
	arrivals []arrival
}

func newListener(t testing.TB) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

// ServeHTTP notes what arrives.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n struct {
		GroupKey string
		Alerts   []struct {
			Labels struct {
				Seq int `json:",string"`
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil || len(n.Alerts) == 0 {
		http.Error(w, fmt.Sprint("not a notification: ", err), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals = append(l.arrivals, arrival{notice{n.GroupKey, n.Alerts[0].Labels.Seq}, r.Header.Get("Idempotency-Key"), r.URL.Path})
}

// startBridge starts a bridge with one channel, called hook, with such settings, and
// returns its URL.
func startBridge(t testing.TB, config, data, address, hook, delivery string) (*program, string) {
	t.Helper()
	write(t, config, "bridge.yml", fmt.Sprintf("channels: [{name: hook, delivery: {%s}, http: {%s}}]\n", delivery, hook))
	p := start(t, ours("pharos_bridge"), "--config.file="+filepath.Join(config, "bridge.yml"), "--storage.path="+data, "--web.listen-address="+address)
	answers(t, "http://"+address+"/-/ready")
	return p, "http://" + address
}

// TestBridgeLosesNothing kills the bridge while notifications pass, again and again.
func TestBridgeLosesNothing(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{false, true} {
		t.Run(fmt.Sprint("idempotent ", keyed), func(t *testing.T) {
			t.Parallel()
			losesNothing(t, keyed)
		})
	}
}

func losesNothing(t *testing.T, keyed bool) {
	t.Helper()
	const perLife, groups = 20, 20
	kills := 50
	if testing.Short() {
		kills = 5
	}
	config, data, address := t.TempDir(), t.TempDir(), testkit.FreePort(t)
	to := newListener(t)
	life := func(n int) (*program, string) {
		return startBridge(t, config, data, address, fmt.Sprintf("url: %s/life-%d, idempotent: %t", to.URL, n, keyed), "retry_wait: 10ms, retry_max: 20ms")
	}

	permits := make(chan struct{}, perLife*kills)      // to post one more
	acknowledged := make(chan struct{}, perLife*kills) // one for each notification
	var posters sync.WaitGroup
	for g := range groups {
		posters.Go(func() {
			for seq := range perLife * kills / groups {
				<-permits
				postUntil(t, "http://"+address+"/bridge/v1/hook", notice{fmt.Sprint("group-", g), seq}.body())
				acknowledged <- struct{}{}
			}
		})
	}
	for n := range kills {
		p, _ := life(n)
		for range perLife {
			permits <- struct{}{}
		}
		for range rand.IntN(perLife) {
			<-acknowledged
		}
		time.Sleep(rand.N(10 * time.Millisecond)) // a different moment each time
		p.end(syscall.SIGKILL)
	}
	p, url := life(kills)
	posters.Wait()
	shows(t, url+"/metrics", `pharos_bridge_queue_length{channel="hook"} 0`)
	again := to.check(t, groups, perLife*kills/groups, fmt.Sprintf("/life-%d", kills))
	if counted := possibleDuplicates(t, url); !keyed && counted < again {
		t.Errorf("the last process sent %d notifications again, and counted %d", again, counted)
	}
	p.stop(t)
}

// possibleDuplicates returns how many messages a bridge has counted that may have come
// twice.
func possibleDuplicates(t *testing.T, url string) (n int) {
	t.Helper()
	_, after, _ := strings.Cut(mustGet(t, url+"/metrics"), `pharos_bridge_possible_duplicates_total{channel="hook"} `)
	if _, err := fmt.Sscan(after, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// check fails the test if anything did not arrive, not in order, or twice without need:
// only what was under way when the bridge was killed may come again, with the same
// key. It returns how many came again from the process that is named.
func (l *listener) check(t *testing.T, groups, each int, last string) (again int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	keys, next := map[notice]string{}, map[string]int{}
	seen, notices := map[arrival]bool{}, map[string]notice{}
	for _, a := range l.arrivals {
		if seen[a] {
			t.Errorf("%v came twice from the same process", a)
		}
		seen[a] = true
		switch key, before := keys[a.notice]; {
		case before && key != a.key:
			t.Errorf("%v came under the keys %s and %s", a.notice, key, a.key)
		case before && a.life == last:
			again++
		case before:
		case a.Seq != next[a.Group]:
			t.Errorf("%v came when it was the turn of %d", a.notice, next[a.Group])
		}
		if other, taken := notices[a.key]; taken && other != a.notice || a.key == "" {
			t.Errorf("%v and %v came under the key %q", a.notice, other, a.key)
		}
		keys[a.notice], notices[a.key], next[a.Group] = a.key, a.notice, max(next[a.Group], a.Seq+1)
	}
	if want := groups * each; len(keys) != want {
		t.Errorf("%d of %d notifications arrived", len(keys), want)
	}
	t.Logf("%d notifications arrived in order, and %d of them again", len(keys), len(l.arrivals)-len(keys))
	return again
}
