// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
)

const (
	batchSize = 500     // reports in a request
	atOnce    = 8       // requests to a master that knows no batches
	maxAnswer = 1 << 20 // bytes that are read of an answer
	maxText   = 200     // bytes of a refusal that are logged

	lookEvery = 5 * time.Minute // how often a master that knows no batches is asked whether it does by now
)

// A master is the other end. It is not safe for concurrent use.
type master struct {
	Settings
	shown      string        // its URL, for people
	single     bool          // it knows no batches, as it seems
	takes      bool          // it has taken a report since it seems so
	lookAt     time.Time     // when it is asked whether it knows batches by now
	size       int           // of a batch
	retryAfter time.Duration // how long it wants not to be asked; 0 if it did not say
}

func newMaster(s Settings) *master {
	m := &master{Settings: s, shown: s.URL, size: batchSize}
	m.URL = strings.TrimSuffix(s.URL, "/")
	if u, err := url.Parse(s.URL); err == nil {
		m.shown = u.Redacted()
	}
	return m
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: atOnce,
		IdleConnTimeout:     2 * time.Minute,
		ForceAttemptHTTP2:   true,
	}
}

// mine leaves the replicas that the master is told of.
func (m *master) mine(replicas []state.Replica) []state.Replica {
	if slices.Contains(m.Services, "*") {
		return replicas
	}
	return slices.DeleteFunc(replicas, func(r state.Replica) bool { return !slices.Contains(m.Services, r.ID.Service) })
}

// repeat returns when a report of a time is repeated: somewhat before its
// interval ends, so that those told one after the other share a batch.
func (m *master) repeat(at time.Time) time.Time { return at.Add(m.Interval - m.Interval/10) }

// An answer is what the master says to one task: nothing, or an error and its
// code. Code 0 is no answer.
type answer struct {
	code    int
	err     error
	foreign bool // it may come from whatever stands before the master
}

// failed tells whether the task is worth another try soon.
func (a answer) failed() bool {
	switch a.code {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusPreconditionFailed:
		return false
	}
	return a.err != nil
}

// noAnswer tells whether the master is away, for all that can be told.
func noAnswer(answers []answer) bool {
	return !slices.ContainsFunc(answers, func(a answer) bool { return a.err == nil || a.code != 0 })
}

// some returns as many of the tasks as fit into a request.
func (m *master) some(tasks []task) []task {
	if m.single {
		return tasks[:min(len(tasks), atOnce)]
	}
	return tasks[:min(len(tasks), m.size)]
}

// send tells the master some tasks, and returns an answer for each; none if it
// has to be tried again in another way.
func (m *master) send(ctx context.Context, tasks []task) []answer {
	m.retryAfter = 0
	if !m.single {
		return m.sendBatch(ctx, tasks)
	}
	answers := make([]answer, len(tasks))
	waits := make([]time.Duration, len(tasks))
	var wg sync.WaitGroup
	for i, t := range tasks {
		wg.Go(func() { answers[i], waits[i] = m.sendOne(ctx, t) })
	}
	wg.Wait()
	m.retryAfter = slices.Max(waits)
	m.judge(answers)
	return answers
}

// judge makes of single answers what they are worth. An ingress says 404, too,
// while the master behind it is away: unless the master is known to speak, that is
// no answer, and what was to be told is still to be told.
func (m *master) judge(answers []answer) {
	m.takes = m.takes || slices.ContainsFunc(answers, func(a answer) bool { return a.err == nil })
	for i, a := range answers {
		if a.foreign && !m.takes {
			answers[i] = answer{err: fmt.Errorf("%w; check the URL, and that the master has such a node in mode local", a.err)}
		}
	}
	if slices.ContainsFunc(answers, func(a answer) bool { return a.err != nil }) {
		m.lookAt = time.Time{} // another master may answer the next time
	}
	if slices.ContainsFunc(answers, func(a answer) bool { return !a.failed() }) {
		return
	}
	m.takes = false
	for i := range answers {
		answers[i].code = 0 // what answers in its place is no master
	}
}

// look asks a master that knows no batches, as it seems, whether it does by now,
// if it is time to. Its error is that of a master that is away.
func (m *master) look(ctx context.Context, now time.Time) error {
	if !m.single || now.Before(m.lookAt) {
		return nil
	}
	code, wait, text, err := m.ask(ctx, http.MethodPost, "/reporter", []byte(`{"reports":[]}`))
	m.retryAfter = wait
	switch {
	case err != nil:
		return err
	case noBatches(code):
		m.lookAt = now.Add(lookEvery)
		return nil
	case code != http.StatusOK:
		return problem(code, text)
	}
	if _, err := readBatchAnswer(text); err != nil {
		return err
	}
	m.single, m.takes = false, false
	return nil
}

// noBatches tells whether a master that answers so to a batch knows none.
func noBatches(code int) bool {
	return code == http.StatusNotFound || code == http.StatusMethodNotAllowed || code == http.StatusNotImplemented
}

// sendBatch sends a batch to a Pharos.
func (m *master) sendBatch(ctx context.Context, tasks []task) []answer {
	var batch push.Batch
	for _, t := range tasks {
		batch.Reports = append(batch.Reports, m.report(t))
	}
	body, err := json.Marshal(batch)
	if err != nil {
		return all(tasks, err)
	}
	code, wait, text, err := m.ask(ctx, http.MethodPost, "/reporter", body)
	m.retryAfter = wait
	switch {
	case err != nil:
		return all(tasks, err)
	case noBatches(code):
		m.single, m.lookAt = true, time.Now().Add(lookEvery)
		return nil
	case code == http.StatusRequestEntityTooLarge && len(tasks) > 1:
		m.size = max(len(tasks)/2, 1)
		return nil
	case code != http.StatusOK:
		return all(tasks, problem(code, text))
	}
	refused, err := readBatchAnswer(text)
	if err != nil {
		return all(tasks, err)
	}
	answers := make([]answer, len(tasks))
	for _, e := range refused {
		if e.Report >= 0 && e.Report < len(answers) {
			answers[e.Report] = answer{code: e.Code, err: problem(e.Code, []byte(e.Error))}
		}
	}
	return answers
}

// readBatchAnswer returns what a Pharos has refused of a batch.
func readBatchAnswer(text []byte) ([]push.BatchError, error) {
	var got push.BatchAnswer
	if err := json.Unmarshal(text, &got); err != nil || got.Errors == nil {
		return nil, errors.New("the master's answer is none of a Pharos; check the URL")
	}
	return got.Errors, nil
}

func all(tasks []task, err error) []answer { return slices.Repeat([]answer{{err: err}}, len(tasks)) }

// report returns what a batch says of a task.
func (m *master) report(t task) push.BatchReport {
	r := push.BatchReport{Service: t.id.Service, Node: t.id.Node, Replica: t.id.Replica, Flush: t.flush}
	if !t.flush {
		r.Interval, r.Health, r.Reason = m.Interval.Seconds(), t.status.String(), push.Reason(t.words)
	}
	return r
}

// sendOne tells a master of one replica, in Vigil's protocol.
func (m *master) sendOne(ctx context.Context, t task) (answer, time.Duration) {
	path := "/reporter/" + url.PathEscape(t.id.Service) + "/" + url.PathEscape(t.id.Node) + "/"
	method, body := http.MethodDelete, []byte(nil)
	if t.flush {
		path += url.PathEscape(t.id.Replica) + "/"
	} else {
		method = http.MethodPost
		var err error
		body, err = json.Marshal(struct {
			Replica  string  `json:"replica"`
			Interval float64 `json:"interval"`
			Health   string  `json:"health"`
		}{t.id.Replica, m.Interval.Seconds(), t.status.String()})
		if err != nil {
			return answer{err: err}, 0
		}
	}
	code, wait, text, err := m.ask(ctx, method, path, body)
	switch {
	case err != nil:
		return answer{err: err}, wait
	case code/100 == 2:
		return answer{code: code}, wait
	}
	foreign := code == http.StatusNotFound && !push.SaysNotFound(string(text))
	return answer{code, problem(code, text), foreign}, wait
}

// ask sends a request, and returns the status of the answer, how long the master
// wants not to be asked, and its text.
func (m *master) ask(ctx context.Context, method, path string, body []byte) (code int, wait time.Duration, text []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, m.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, nil, err
	}
	r.SetBasicAuth("", m.Token)
	r.Header.Set("User-Agent", "pharos-relay") // a master closes the connections of those without a name
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	client := *m.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got, err := client.Do(r)
	if err != nil {
		return 0, 0, nil, err
	}
	defer got.Body.Close()
	text, err = io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("read the answer of %s: %w", m.shown, err)
	}
	seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
	if err == nil && got.StatusCode >= http.StatusBadRequest {
		wait = min(max(time.Duration(seconds)*time.Second, 0), maxRetryAfter)
	}
	return got.StatusCode, wait, text, nil
}

// problem makes an error of an answer.
func problem(code int, text []byte) error {
	const sense = "the master answers %d: %s"
	words := strings.TrimSpace(strings.ToValidUTF8(string(text[:min(len(text), maxText)]), ""))
	switch {
	case code/100 == 3:
		words = "it redirects; write the address that it leads to into relay.url"
	case code == http.StatusUnauthorized:
		words = "the token is wrong; write one of the master's reporter tokens into relay.token or its file"
	}
	return fmt.Errorf(sense, code, cmp.Or(words, http.StatusText(code)))
}
