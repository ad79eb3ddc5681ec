package importer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"postrider/newsletter"
)

// row makes a Row of a record that has every column.
func (r *Reader) row(record []string) (Row, error) {
	given := r.columns.cell(record, email)
	for i, cell := range record {
		if !utf8.ValidString(cell) {
			return Row{}, r.reject(given, fmt.Sprintf("column %d is not valid UTF-8", i+1))
		}
	}
	row := Row{Line: r.line}
	if err := r.fill(&row, record, given); err != nil {
		return Row{}, r.reject(given, err.Error())
	}
	return row, nil
}

func (r *Reader) fill(row *Row, record []string, given string) (err error) {
	if row.Email, err = newsletter.ParseAddress(given); err != nil {
		return err
	}
	if err = r.fillName(row, record); err != nil {
		return err
	}
	if err = r.fillState(row, record); err != nil {
		return err
	}
	if err = r.fillChoices(row, record); err != nil {
		return err
	}
	return r.fillTimes(row, record)
}

func (r *Reader) fillName(row *Row, record []string) (err error) {
	full := r.columns.cell(record, name)
	if full == "" {
		first, last := r.columns.cell(record, firstName), r.columns.cell(record, lastName)
		full = first + last
		if first != "" && last != "" {
			full = first + " " + last
		}
	}
	row.Name, err = newsletter.ParseName(full)
	return err
}

// fillState takes the strongest word against mailing that any column has.
func (r *Reader) fillState(row *Row, record []string) (err error) {
	if row.State, err = parseState(r.columns.cell(record, state)); err != nil {
		return err
	}
	out, err := parseFlag(r.columns.cell(record, optedOut))
	if err != nil {
		return err
	}
	if out || r.columns.cell(record, unsubscribedAt) != "" {
		row.State = newsletter.Weightier(row.State, newsletter.Unsubscribed)
	}
	if r.columns.cell(record, bouncedAt) != "" {
		row.State = newsletter.Weightier(row.State, newsletter.Bounced)
	}
	return nil
}

func (r *Reader) fillChoices(row *Row, record []string) (err error) {
	if c := r.columns.cell(record, cadence); c != "" {
		if row.Cadence, err = newsletter.ParseCadence(c); err != nil {
			return err
		}
	}
	cell := r.columns.cell(record, topics)
	if cell != r.topicCell {
		parsed, err := newsletter.ParseTopics(splitTopics(cell))
		if err != nil {
			return err
		}
		r.topicCell, r.topics = strings.Clone(cell), parsed
	}
	row.Topics = r.topics
	return nil
}

func (r *Reader) fillTimes(row *Row, record []string) (err error) {
	if row.Created, err = parseTime(r.columns.cell(record, created)); err != nil {
		return err
	}
	row.Confirmed, err = parseTime(r.columns.cell(record, confirmed))
	return err
}
