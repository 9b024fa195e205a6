// SPDX-License-Identifier: Apache-2.0

package discovery

import "github.com/prometheus/common/config"

// What the tests see, and others do not.
var (
	Parse   = parse
	Settle  = settle
	Folders = func(glob string) map[string]bool {
		folders := map[string]bool{}
		addFolders(folders, glob)
		return folders
	}
)

// Bounds of an answer.
const (
	MaxBody       = maxBody
	MaxTargets    = maxTargets
	MaxURL        = maxURL
	MaxLabels     = maxLabels
	MaxLabelName  = maxLabelName
	MaxLabelValue = maxLabelValue
	SettleTime    = settleTime
	SettleMost    = settleMost
)

// Dial makes h reach its sources by dial.
func (h *HTTP) Dial(dial config.DialContextFunc) { h.dial = dial }
