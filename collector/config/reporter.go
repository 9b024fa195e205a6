// SPDX-License-Identifier: Apache-2.0

package config

// ReporterLimits bound what replicas that nobody has configured may take: those
// that report by themselves.
type ReporterLimits struct {
	ReplicasPerNode int // at least 1
	Replicas        int // in all, at least 1
}
