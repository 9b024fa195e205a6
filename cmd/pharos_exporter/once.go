// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/collector/deliver"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// Exit codes of a run with --once.
const (
	exitHealthy = 0
	exitSick    = 1
	exitDead    = 2
	exitUnknown = 3 // also: it could not be done
)

// onceFlags say what becomes of a run with --once.
type onceFlags struct {
	once        bool
	textfile    string
	remoteWrite string
	httpConfig  string
	labels      map[string]string
}

func (f *onceFlags) add(c *app.Command) {
	c.Flag("once", "Probe everything one time and exit: 0 if all is healthy, 1 if something is sick, 2 if something is dead, 3 if something is unknown or it could not be done. The metrics go to the standard output, unless one of the next two flags says where.").BoolVar(&f.once)
	c.Flag("once.textfile", "Write the metrics to this file, NAME.prom, for node_exporter's textfile collector.").PlaceHolder("FILE").StringVar(&f.textfile)
	c.Flag("once.remote-write-url", "Send the metrics by Prometheus remote write.").PlaceHolder("URL").StringVar(&f.remoteWrite)
	c.Flag("once.http-config-file", "HTTP client configuration for remote write: authentication, TLS and proxies, as Prometheus has them.").PlaceHolder("FILE").StringVar(&f.httpConfig)
	f.labels = map[string]string{}
	c.Flag("once.label", "Label of the series sent by remote write; job and instance are set if you don't.").PlaceHolder("NAME=VALUE").SetValue((*labelsValue)(&f.labels))
}

// check returns what is wrong with the flags before anything is probed.
func (f *onceFlags) check() error {
	if !f.once && (f.textfile != "" || f.remoteWrite != "" || f.httpConfig != "" || len(f.labels) > 0) {
		return errors.New("the flags --once.… need --once")
	}
	if f.remoteWrite == "" && (f.httpConfig != "" || len(f.labels) > 0) {
		return errors.New("--once.http-config-file and --once.label need --once.remote-write-url")
	}
	if f.textfile != "" {
		if err := deliver.CheckFile(f.textfile); err != nil {
			return err
		}
	}
	if f.remoteWrite != "" {
		return deliver.CheckURL(f.remoteWrite)
	}
	return nil
}

// once probes everything one time. Its error has the exit code.
func once(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	worst, err := probeOnce(ctx, f, log, stdout)
	switch {
	case err != nil:
		return &app.Exit{Code: exitUnknown, Err: err}
	case worst == status.Healthy:
		return nil
	}
	codes := map[status.Status]int{status.Sick: exitSick, status.Dead: exitDead, status.Unknown: exitUnknown}
	return &app.Exit{Code: codes[worst]}
}

func probeOnce(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) (worst status.Status, err error) {
	// What an exporter that runs has in its data folder is left alone.
	folder, err := os.MkdirTemp("", "pharos_exporter-once-")
	if err != nil {
		return status.Unknown, fmt.Errorf("make a folder for the time of the run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o := f.options(log)
	o.RequireConfig, o.StoragePath = true, folder
	exporter, err := collector.New(o) //nolint:contextcheck // what is made asks nobody until it runs
	if err != nil {
		return status.Unknown, err
	}
	defer func() { err = errors.Join(err, exporter.Close()) }()
	families, worst, err := exporter.Once(ctx)
	if err != nil {
		return status.Unknown, err
	}
	return worst, f.once.deliver(ctx, families, log, stdout)
}

// deliver hands the metrics over as the flags say.
func (f *onceFlags) deliver(ctx context.Context, families []*dto.MetricFamily, log *slog.Logger, stdout io.Writer) error {
	if f.textfile == "" && f.remoteWrite == "" {
		return deliver.Text(stdout, families)
	}
	var errs []error
	if f.textfile != "" {
		errs = append(errs, deliver.File(f.textfile, families))
	}
	if f.remoteWrite != "" {
		errs = append(errs, f.send(ctx, families, log))
	}
	return errors.Join(errs...)
}

// send sends the metrics, and "up" with them: rules take an exporter without it
// for one that is down, and call what it says unknown.
func (f *onceFlags) send(ctx context.Context, families []*dto.MetricFamily, log *slog.Logger) error {
	client, err := httpClient(f.httpConfig)
	if err != nil {
		return err
	}
	labels := map[string]string{schema.Job: schema.JobExporter, schema.Instance: hostname()}
	maps.Copy(labels, f.labels)
	name, help, one := schema.Up, "Whether the exporter could be run.", 1.0
	up := &dto.MetricFamily{
		Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum(),
		Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: &one}}},
	}
	return deliver.RemoteWrite(ctx, deliver.RemoteWriteOptions{
		URL: f.remoteWrite, Client: client, Labels: labels, Logger: log,
	}, append(families, up), time.Now())
}

func httpClient(file string) (*http.Client, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the default one
	}
	c, _, err := promconfig.LoadHTTPConfigFile(file)
	if err != nil {
		return nil, fmt.Errorf("HTTP client configuration %s: %w", file, err)
	}
	return promconfig.NewClientFromConfig(*c, "remote_write")
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// A labelsValue is the value of a flag that may be given several times.
type labelsValue map[string]string

// Set implements [kingpin.Value].
func (v *labelsValue) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || value == "" {
		return fmt.Errorf("%q is no label such as region=eu", text)
	}
	(*v)[name] = value
	return nil
}

// String implements [kingpin.Value].
func (v *labelsValue) String() string { return "" }

// IsCumulative tells kingpin that the flag may be given several times.
func (v *labelsValue) IsCumulative() bool { return true }
