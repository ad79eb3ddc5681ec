package newsletter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Matches tells whether a reader of these topics wants p: with no topics always,
// else when p has at least one of them as a tag.
func (p Publication) Matches(topics []string) bool {
	if len(topics) == 0 {
		return true
	}
	return slices.ContainsFunc(p.Tags, func(tag string) bool { return slices.Contains(topics, tag) })
}

// Select gives the publications that an issue holds for the readers of g: those
// they were not served yet and whose tags match their topics. The result is in
// ascending order of number, whatever the order of pubs, and nil if there is
// none. The order in which an issue shows them is for its composer to decide.
func Select(pubs []Publication, g Group) []Publication {
	var chosen []Publication
	served := g.Served()
	for _, p := range pubs {
		if !served.Has(p.Number) && p.Matches(g.Topics) {
			chosen = append(chosen, p)
		}
	}
	slices.SortFunc(chosen, func(a, b Publication) int { return cmp.Compare(a.Number, b.Number) })
	return chosen
}

// VariantKey names the rendering that holds these publications, as [Select] gave
// them: every post with its revision, in order. Readers share a variant of an
// issue exactly when their keys are equal.
func VariantKey(pubs []Publication) string {
	var b strings.Builder
	for i, p := range pubs {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.PostID)
		b.WriteByte('@')
		b.WriteString(strconv.Itoa(p.Revision))
	}
	return b.String()
}
