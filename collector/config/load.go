package config
type document struct{}
func Load(path string) (*Config, error) { return Default(), nil }
