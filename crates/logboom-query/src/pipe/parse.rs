//! Text behind a `|` to [`Pipe`]s. Every operand is resolved here: a field of records, or a column of the table that
//! the pipe before gives.

use crate::ast::Query;
use crate::error::QueryError;
use crate::field::{is_name, resolve, same_name};
use crate::limits;
use crate::parser::Parser;
use crate::pipe::syntax::{How, Interval, Measure, Operand, Pipe, SortKey};
use crate::time_text::parse_age;

/// Reads `| pipe | pipe …` up to the end of the text.
pub(crate) fn pipes(parser: &mut Parser<'_>, query: &mut Query) -> Result<(), QueryError> {
    let mut columns: Option<Vec<String>> = None;
    while parser.eat("|") {
        let bar = parser.at - 1;
        if query.pipes.len() >= limits::PIPES_MAX {
            return Err(parser.error(bar, format!("more than {} pipes", limits::PIPES_MAX)));
        }
        parser.skip_spaces();
        let at = parser.at;
        let pipe = Reader { parser, columns: columns.as_deref() }.pipe(at)?;
        columns = pipe.columns(columns.as_deref());
        if let Some(twice) = columns.as_deref().and_then(first_twice) {
            let message = format!("two columns would be called {twice}");
            return Err(parser.error(at, message).hint("name a measure with as: count() as n"));
        }
        query.pipes.push(pipe);
        parser.skip_spaces();
        match parser.peek() {
            None | Some('|') => {}
            Some(_) => return Err(unexpected(parser, query.pipes.last())),
        }
    }
    Ok(())
}

/// The first name that stands in the list a second time; `.` and `_` are the same.
fn first_twice(columns: &[String]) -> Option<&String> {
    let folded = |name: &str| name.replace('.', "_");
    columns.iter().enumerate().find_map(|(index, name)| {
        columns[..index].iter().any(|before| folded(before) == folded(name)).then_some(name)
    })
}

/// What stands where a pipe should have ended.
fn unexpected(parser: &Parser<'_>, pipe: Option<&Pipe>) -> QueryError {
    let error = parser.error(parser.at, "the pipe ends before this");
    match pipe {
        Some(Pipe::Sort(_)) => {
            error.hint("write sort by field asc or sort by field desc, fields with a comma between them")
        }
        Some(Pipe::Limit(_)) => error.hint(NEXT),
        Some(pipe @ (Pipe::Fields(_) | Pipe::Uniq { .. })) => {
            let word = if matches!(pipe, Pipe::Fields(_)) { "fields" } else { "uniq" };
            error.hint(format!("write a comma between names: {word} a, b"))
        }
        _ => error.hint("write by before fields, a comma between them, | before the next pipe"),
    }
}

const NEXT: &str = "write | before the next pipe";
const PIPES: &str =
    "count, timechart, top, uniq, stats, fields, sort or limit would fit; put | in quotes to search for it";
const MEASURES: &str =
    "count(), sum(f), avg(f), min(f), max(f), p95(f), quantile(0.99, f) or uniq(f) would fit";

/// Words that mean something between the parts of a pipe.
const RESERVED: [&str; 4] = ["by", "as", "asc", "desc"];

/// The numbers of a `top` or `limit`.
const COUNTS: &str = "a number such as 10";

struct Reader<'p, 't> {
    parser: &'p mut Parser<'t>,
    /// Columns of the table before, `None` where there are records.
    columns: Option<&'p [String]>,
}

impl<'t> Reader<'_, 't> {
    fn pipe(&mut self, at: usize) -> Result<Pipe, QueryError> {
        let word = self.word();
        match word {
            "count" => Ok(Pipe::Count { by: self.by()? }),
            "stats" => Ok(Pipe::Stats { measures: self.measures()?, by: self.by()? }),
            "timechart" => self.timechart(at),
            "top" => {
                let count = self.number("top")?;
                Ok(Pipe::Top { count, of: self.operands()?, by: self.by()? })
            }
            "uniq" => {
                // `uniq by f` is what other languages write.
                self.eat_word("by");
                Ok(Pipe::Uniq { of: self.operands()? })
            }
            "fields" => Ok(Pipe::Fields(self.operands()?)),
            "sort" => {
                self.eat_word("by");
                Ok(Pipe::Sort(self.list(limits::PIPE_OPERANDS_MAX, Self::sort_key)?))
            }
            "limit" => Ok(Pipe::Limit(self.number("limit")?)),
            _ => Err(self.no_pipe(at, word)),
        }
    }

    fn no_pipe(&self, at: usize, word: &str) -> QueryError {
        if word.is_empty() && matches!(self.parser.peek(), None | Some('|')) {
            return self.parser.error(at, "a pipe is missing behind this").hint(PIPES);
        }
        let instead = match word {
            "head" | "tail" | "take" => "write limit 10",
            "where" | "filter" | "search" | "grep" => FILTERS,
            "table" | "select" | "project" => "write fields a, b",
            "order" => "write sort by field desc",
            "distinct" | "dedup" => "write uniq field",
            "summarize" | "aggregate" => "write stats count(), max(field) by field",
            _ if word.is_empty() || self.filter_follows() => FILTERS,
            _ => PIPES,
        };
        let message =
            if word.is_empty() { "this is not a pipe".to_owned() } else { format!("{word:?} is not a pipe") };
        self.parser.error(at, message).hint(instead)
    }

    fn filter_follows(&self) -> bool {
        matches!(self.parser.peek(), Some(':' | '=' | '<' | '>' | '~' | '"' | '(' | '!'))
    }

    /// A run of the characters of names, white space before it left out.
    fn word(&mut self) -> &'t str {
        self.parser.skip_spaces();
        self.parser.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '@'))
    }

    /// Takes the word where it stands next, alone.
    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.parser.at;
        let found = self.word() == word;
        if !found {
            self.parser.at = before;
        }
        found
    }

    /// Takes the character where it stands next, white space before it left out.
    fn eat(&mut self, token: &str) -> bool {
        self.parser.skip_spaces();
        self.parser.eat(token)
    }

    fn number(&mut self, pipe: &str) -> Result<usize, QueryError> {
        self.parser.skip_spaces();
        let at = self.parser.at;
        let text = self.word();
        let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        match number {
            Some(number @ 1..=limits::SEARCH_LIMIT_MAX) => Ok(number),
            Some(0) => Err(self.parser.error(at, format!("{pipe} 0 gives nothing")).hint(COUNTS)),
            _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let message = format!("{pipe} takes at most {}", limits::SEARCH_LIMIT_MAX);
                Err(self.parser.error(at, message))
            }
            _ => {
                Err(self.parser.error(at, format!("{pipe} needs {COUNTS}")).hint(format!("write {pipe} 10")))
            }
        }
    }

    fn timechart(&mut self, pipe_at: usize) -> Result<Pipe, QueryError> {
        if self.columns.is_some_and(|columns| columns.iter().all(|column| column != "time")) {
            let message = "there is no column called time for a timechart";
            return Err(self.parser.error(pipe_at, message).hint(self.columns_hint()));
        }
        self.parser.skip_spaces();
        let at = self.parser.at;
        let word = self.word();
        let nanos = parse_age(word).filter(|&nanos| nanos > 0);
        let Some(nanos) = nanos else {
            let message = "timechart needs the width of its intervals";
            return Err(self
                .parser
                .error(at, message)
                .hint("write timechart 5m; units are s, m, h, d and w"));
        };
        let before = self.parser.at;
        let word = self.word();
        self.parser.at = before;
        let measures = match word {
            "" | "by" => vec![Measure::count()],
            _ => self.measures()?,
        };
        Ok(Pipe::Timechart { interval: Interval { nanos }, measures, by: self.by()? })
    }

    fn by(&mut self) -> Result<Vec<Operand>, QueryError> {
        if self.eat_word("by") { self.operands() } else { Ok(Vec::new()) }
    }

    fn operands(&mut self) -> Result<Vec<Operand>, QueryError> {
        self.list(limits::PIPE_OPERANDS_MAX, Self::operand)
    }

    fn measures(&mut self) -> Result<Vec<Measure>, QueryError> {
        self.list(limits::PIPE_MEASURES_MAX, Self::measure)
    }

    /// At least one, with commas between them.
    fn list<T>(
        &mut self,
        max: usize,
        item: impl Fn(&mut Self) -> Result<T, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        let mut list = vec![item(self)?];
        while self.eat(",") {
            if list.len() >= max {
                return Err(self.parser.error(self.parser.at - 1, format!("more than {max} in one list")));
            }
            list.push(item(self)?);
        }
        Ok(list)
    }

    fn operand(&mut self) -> Result<Operand, QueryError> {
        self.parser.skip_spaces();
        let at = self.parser.at;
        let name = self.word();
        let parser = &*self.parser;
        if name.is_empty() {
            return Err(parser.error(at, "a field's name is missing here").hint(match parser.peek() {
                Some('*') => "name the fields, with commas between them",
                _ => "fields stand with commas between them: by service, severity",
            }));
        }
        if RESERVED.contains(&name) {
            let message = format!("a field's name is missing before {name}");
            return Err(parser
                .error(at, message)
                .hint(format!("attributes.{name} is the field of that name")));
        }
        if !is_name(name) {
            let message = format!("{name:?} cannot be a field's name");
            return Err(parser
                .error(at, message)
                .hint("names start with a letter, _ or @, and end with a letter, digit or _"));
        }
        if name.len() > limits::NAME_BYTES_MAX {
            let message = format!("a field's name has at most {} bytes", limits::NAME_BYTES_MAX);
            return Err(parser.error(at, message));
        }
        if parser.peek() == Some('(') {
            let message = "a measure cannot stand here";
            return Err(parser
                .error(at, message)
                .hint("name its column, as sum_f for sum(f), or give it one with as"));
        }
        self.resolve(at, name)
    }

    /// A column by its name as typed, else by the name that it stands for.
    fn resolve(&self, at: usize, name: &str) -> Result<Operand, QueryError> {
        let Some(columns) = self.columns else { return Ok(Operand::Field(resolve(name))) };
        let find = |name: &str| {
            let folded = name.replace('.', "_");
            columns.iter().position(|column| same_name(column.as_bytes(), folded.as_bytes()))
        };
        let index = find(name).or_else(|| find(&resolve(name).to_string()));
        let Some(index) = index else {
            let message = format!("there is no column called {name} here");
            return Err(self.parser.error(at, message).hint(self.columns_hint()));
        };
        Ok(Operand::Column { index, name: columns[index].as_str().into() })
    }

    fn columns_hint(&self) -> String {
        format!("the columns are {}", self.columns.unwrap_or_default().join(", "))
    }

    fn sort_key(&mut self) -> Result<SortKey, QueryError> {
        let operand = self.operand()?;
        let descending = self.eat_word("desc");
        if !descending {
            self.eat_word("asc");
        }
        Ok(SortKey { operand, descending })
    }

    fn measure(&mut self) -> Result<Measure, QueryError> {
        self.parser.skip_spaces();
        let at = self.parser.at;
        let word = self.word();
        let (how, of) = match word {
            "count" => {
                if self.eat("(") && !self.eat(")") {
                    let hint = "select the records that have the field before the pipe: field:*";
                    return Err(self.parser.error(self.parser.at, "count takes no field").hint(hint));
                }
                (How::Count, None)
            }
            "sum" => (How::Sum, Some(self.argument(word)?)),
            "avg" => (How::Avg, Some(self.argument(word)?)),
            "min" => (How::Min, Some(self.argument(word)?)),
            "max" => (How::Max, Some(self.argument(word)?)),
            "uniq" => (How::Uniq, Some(self.argument(word)?)),
            "quantile" => {
                self.open(word)?;
                let quantile = self.quantile()?;
                (How::Quantile(quantile), Some(self.operand_and_close(word)?))
            }
            _ => match percentile(word) {
                Some(percent) => (How::Quantile(f64::from(percent) / 100.0), Some(self.argument(word)?)),
                None => return Err(self.no_measure(at, word)),
            },
        };
        let name = if self.eat_word("as") { Some(self.column_name()?) } else { None };
        Ok(Measure { how, of, name })
    }

    fn no_measure(&self, at: usize, word: &str) -> QueryError {
        let message = match word {
            "" | "by" | "as" => "a measure is missing here".to_owned(),
            _ => format!("{word:?} is not a measure"),
        };
        let hint = match word {
            "mean" | "average" => "write avg(f)",
            "median" => "write p50(f)",
            "distinct" | "count_distinct" | "dc" | "count_uniq" => "write uniq(f)",
            "p999" | "p9999" => "write quantile(0.999, f)",
            _ => MEASURES,
        };
        self.parser.error(at, message).hint(hint)
    }

    fn argument(&mut self, measure: &str) -> Result<Operand, QueryError> {
        self.open(measure)?;
        self.operand_and_close(measure)
    }

    fn open(&mut self, measure: &str) -> Result<(), QueryError> {
        if self.eat("(") {
            return Ok(());
        }
        let message = format!("{measure} needs a field in parentheses");
        Err(self.parser.error(self.parser.at, message).hint(MEASURES))
    }

    fn operand_and_close(&mut self, measure: &str) -> Result<Operand, QueryError> {
        let operand = self.operand()?;
        if self.eat(")") {
            return Ok(operand);
        }
        let message = format!("{measure} takes one field and ends with )");
        Err(self.parser.error(self.parser.at, message).hint(MEASURES))
    }

    fn quantile(&mut self) -> Result<f64, QueryError> {
        self.parser.skip_spaces();
        let at = self.parser.at;
        let text = self.word();
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let quantile = text.parse().ok().filter(|quantile| plain && (0.0..=1.0).contains(quantile));
        let Some(quantile) = quantile else {
            let error = self.parser.error(at, "quantile starts with a number from 0 to 1");
            return Err(error.hint("write quantile(0.99, field)"));
        };
        if !self.eat(",") {
            let error = self.parser.error(self.parser.at, "the field of quantile is missing");
            return Err(error.hint("write quantile(0.99, field)"));
        }
        Ok(quantile)
    }

    fn column_name(&mut self) -> Result<Box<str>, QueryError> {
        self.parser.skip_spaces();
        let at = self.parser.at;
        let name = self.word();
        if !is_name(name) || RESERVED.contains(&name) || name.len() > limits::NAME_BYTES_MAX {
            let message = "a column's name is missing behind as";
            return Err(self.parser.error(at, message).hint("write as name"));
        }
        Ok(name.into())
    }
}

const FILTERS: &str = "filters stand before the first pipe: status>=500 | count";

/// `95` of `p95`.
fn percentile(word: &str) -> Option<u8> {
    let digits = word.strip_prefix('p')?;
    let plain = matches!(digits.len(), 1..=2) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|percent| plain && *percent > 0 && !digits.starts_with('0'))
}
