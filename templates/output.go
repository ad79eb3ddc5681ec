package templates

import (
	"fmt"
	"strings"
)

// maxOutput is the most octets that a template may give: more than any mail or
// page of use, and less than an endless loop needs to fill a machine.
const maxOutput = 8 << 20

// output takes what a template gives, up to maxOutput.
type output struct{ strings.Builder }

func (o *output) Write(p []byte) (int, error) {
	if o.Len()+len(p) > maxOutput {
		return 0, fmt.Errorf("it gives more than %d octets; is there a loop without an end?", maxOutput)
	}
	return o.Builder.Write(p)
}
