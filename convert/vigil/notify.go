// SPDX-License-Identifier: Apache-2.0

package vigil

func (c *converter) notify(s *section, page brand) {}
