package facts

import "embed"

// Embedded is the base that the program carries.
//
//go:embed *.yaml
var Embedded embed.FS
