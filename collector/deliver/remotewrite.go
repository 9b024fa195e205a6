// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// How often a request that may yet succeed is sent again, and how long to wait
// before.
const (
	writeRetries = 4
	minBackoff   = 500 * time.Millisecond
	maxBackoff   = 5 * time.Second
)

// seriesPerRequest is how many series go into one request: as many as receivers
// expect at most by default.
const seriesPerRequest = 2000

// RemoteWriteOptions say where [RemoteWrite] sends to.
type RemoteWriteOptions struct {
	URL    string            // whole, such as http://prometheus:9090/api/v1/write
	Client *http.Client      // nil: the default one
	Labels map[string]string // added to every series that does not have them
	Logger *slog.Logger      // required; told of retries
}

// CheckURL returns what is wrong with the URL of a receiver.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("the URL for remote write is none; write one such as http://prometheus:9090/api/v1/write")
	}
	return nil
}

// RemoteWrite sends the samples of the families, all of the time at, by
// Prometheus remote write 1.0, which every receiver knows. Histograms go as the text format has
// them: by sum, count and classic buckets. A receiver that is away or
// overloaded is tried again for some seconds.
//
// Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
func RemoteWrite(ctx context.Context, o RemoteWriteOptions, families []*dto.MetricFamily, at time.Time) error {
	if err := CheckURL(o.URL); err != nil {
		return err
	}
	samples, err := extract(families, at)
	if err != nil {
		return err
	}
	api, err := o.api()
	if err != nil {
		return fmt.Errorf("prepare the remote write: %w", err)
	}
	for part := range slices.Chunk(samples, seriesPerRequest) {
		if _, err := api.Write(ctx, remote.WriteV1MessageType, newWriteRequest(part, o.Labels)); err != nil {
			return fmt.Errorf("send the metrics by remote write: %w; see whether its URL takes remote write, and whether it wants credentials", cause(err))
		}
	}
	return nil
}

// extract returns the samples of all families.
func extract(families []*dto.MetricFamily, at time.Time) (model.Vector, error) {
	samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.TimeFromUnixNano(at.UnixNano())}, families...)
	if err != nil {
		return nil, fmt.Errorf("prepare the samples: %w", err)
	}
	return samples, nil
}

// cause returns an error as one line: it ends in what the receiver said.
func cause(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }

// api returns a client that knows the URL without what may be secret in it, for it
// logs it; the secrets are added on the way out.
func (o RemoteWriteOptions) api() (*remote.API, error) {
	whole, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("the URL is none") // it may hold a password
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.Transport = &completing{whole, cmp.Or(client.Transport, http.DefaultTransport)}
	public := *whole
	public.User, public.RawQuery, public.Fragment = nil, "", ""
	return remote.NewAPI(public.String(),
		remote.WithAPIPath(""),
		remote.WithAPILogger(o.Logger),
		remote.WithAPIBackoff(remote.BackoffConfig{Min: minBackoff, Max: maxBackoff, MaxRetries: writeRetries}),
		remote.WithAPIHTTPClient(&client),
	)
}

// completing is a transport that gives requests the user and the query of a URL.
type completing struct {
	whole *url.URL
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (c *completing) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.RawQuery = c.whole.RawQuery
	if user := c.whole.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	return c.next.RoundTrip(req)
}

// labelsOf returns the labels of a sample and those to add, sorted by name as the
// protocol wants them.
func labelsOf(s *model.Sample, more map[string]string) [][2]string {
	all := maps.Clone(more)
	if all == nil {
		all = map[string]string{}
	}
	for name, value := range s.Metric {
		all[string(name)] = string(value)
	}
	sorted := make([][2]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" { // an empty label is no label, and refused
			sorted = append(sorted, [2]string{name, all[name]})
		}
	}
	return sorted
}
