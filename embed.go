// Package postrider holds the one file at the top of the repository that the
// program carries inside: config.yaml, whose values are the defaults.
package postrider

import _ "embed"

//go:embed config.yaml
var config string

// Config returns config.yaml as it stands in the repository: every setting with
// its default, annotated.
func Config() string { return config }
