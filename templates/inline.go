package templates

import (
	"fmt"

	"github.com/vanng822/go-premailer/premailer"
)

// Inline copies the rules of the style elements of an HTML document into style
// attributes, since several mail clients drop the head. What cannot be inlined,
// such as @media, stays in one style element, each declaration marked
// important so that it wins over the attributes.
func Inline(html string) (string, error) {
	pre, err := premailer.NewPremailerFromString(html, premailer.NewOptions(premailer.WithCssToAttributes(false)))
	if err != nil {
		return "", fmt.Errorf("inline styles: %w", err)
	}
	out, err := pre.Transform()
	if err != nil {
		return "", fmt.Errorf("inline styles: %w", err)
	}
	return out, nil
}
