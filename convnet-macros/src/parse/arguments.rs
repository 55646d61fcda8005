//! What stands in the parentheses behind a keyword: `delta=1`, `0.01`, `shared`, `path::ToType`.

use proc_macro2::{Delimiter, Group, TokenTree};
use syn::Path;
use syn::parse::Parser as _;

use super::cursor::{Cursor, between_commas};
use super::scope::Scope;
use super::{expression, numbers};
use crate::ast::{Argument, ArgumentValue, path_text};
use crate::diagnostics::{Diagnostic, Place};
use crate::vocabulary::{Keyword, Parameter, ParameterKind};

/// Reads the arguments of a keyword, if it has parentheses; complains of one that is missing.
pub(super) fn arguments(
    keyword: &'static Keyword,
    word: &proc_macro2::Ident,
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
) -> Result<Vec<Argument>, Diagnostic> {
    let (name, example) = (keyword.name, keyword.example());
    let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
        return match keyword.parameters.iter().find(|parameter| parameter.is_required()) {
            None => Ok(Vec::new()),
            Some(parameter) => {
                Err(Diagnostic::new(word.span(), needs(name, parameter)).help(format!("write `{example}`")))
            }
        };
    };
    if keyword.parameters.is_empty() {
        let error = Diagnostic::new(group.span(), format!("`{name}` takes nothing in parentheses"));
        return Err(match keyword.options.first() {
            Some(option) => {
                error.help(format!("its options stand behind it: `{example} {}`", option.example()))
            }
            None => error.help(format!("write `{example}`")),
        });
    }
    let is_required = keyword.parameters.iter().any(Parameter::is_required);
    let forms = if is_required {
        format!("`{example}`")
    } else {
        format!("`{example}`, or {}", keyword.parentheses())
    };
    let read = read(&group, name, keyword.parameters, &forms, scope)?;
    let is_read =
        |parameter: &Parameter| read.iter().any(|argument| argument.parameter.name == parameter.name);
    match keyword.parameters.iter().find(|parameter| parameter.is_required() && !is_read(parameter)) {
        None => Ok(read),
        Some(parameter) => {
            Err(Diagnostic::new(group.span(), needs(name, parameter)).help(format!("write `{example}`")))
        }
    }
}

fn needs(name: &str, parameter: &Parameter) -> String {
    match parameter.name {
        "keep" => format!("`{name}` needs `keep`, the probability of keeping a number (the notes' p)"),
        "ratio" => format!("`{name}` needs the ratio by which it shrinks a side"),
        "TREE" => format!("`{name}` needs the path of a tree of classes"),
        "ToType" => format!("`{name}` needs the path of a type"),
        other => format!("`{name}` needs `{other}`"),
    }
}

/// Reads arguments, each at most once; `forms` are what could stand there.
pub(super) fn read(
    group: &Group,
    name: &str,
    parameters: &'static [Parameter],
    forms: &str,
    scope: &Scope<'_>,
) -> Result<Vec<Argument>, Diagnostic> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut arguments: Vec<Argument> = Vec::new();
    for tokens in between_commas(&tokens) {
        let argument = argument(tokens, name, parameters, scope)
            .map_err(|error| error.help(format!("write {forms}")))?;
        if arguments.iter().any(|earlier| earlier.parameter.name == argument.parameter.name) {
            let message = format!("`{}` is given twice", argument.parameter.name);
            return Err(Diagnostic::new(argument.place, message).help("remove one"));
        }
        arguments.push(argument);
    }
    Ok(arguments)
}

fn argument(
    tokens: &[TokenTree],
    name: &str,
    parameters: &'static [Parameter],
    scope: &Scope<'_>,
) -> Result<Argument, Diagnostic> {
    let place = Place::of(tokens);
    let positional = parameters
        .iter()
        .find(|parameter| matches!(parameter.kind, ParameterKind::Positional { .. } | ParameterKind::Path));
    match tokens {
        [TokenTree::Ident(word), TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            let Some(parameter) = parameters.iter().find(|parameter| word == parameter.name) else {
                return Err(no_such(word, name, parameters));
            };
            let value = value_of(parameter, value, place, scope)?;
            Ok(Argument { parameter, value, is_named: true, place })
        }
        [TokenTree::Ident(word)]
            if parameters.iter().any(|p| p.kind == ParameterKind::Flag && word == p.name) =>
        {
            let parameter = parameters.iter().find(|parameter| word == parameter.name);
            let parameter = parameter.expect("a flag of this name was seen");
            Ok(Argument { parameter, value: ArgumentValue::Flag, is_named: false, place })
        }
        tokens => match positional {
            Some(parameter) => {
                let value = value_of(parameter, tokens, place, scope)?;
                Ok(Argument { parameter, value, is_named: false, place })
            }
            None => Err(nameless(tokens, name, parameters, place)),
        },
    }
}

/// A word or a number where `name=value` is expected.
fn nameless(tokens: &[TokenTree], name: &str, parameters: &[Parameter], place: Place) -> Diagnostic {
    match (tokens, parameters) {
        ([TokenTree::Literal(value)], [only]) if only.name == "keep" => {
            let message = format!(
                "say what {value} is: `keep` is the probability of keeping a number, others mean that of dropping it"
            );
            Diagnostic::new(place, message)
        }
        ([TokenTree::Literal(_)], [only]) if only.kind == ParameterKind::Flag => {
            Diagnostic::new(place, format!("`{name}` takes no number"))
        }
        ([TokenTree::Literal(value)], [only]) => {
            Diagnostic::new(place, format!("say what {value} is: `{}={value}`", only.name))
        }
        ([TokenTree::Literal(value)], _) => {
            Diagnostic::new(place, format!("say what {value} is: the options of `{name}` have names"))
        }
        ([TokenTree::Ident(word)], _) => no_such(word, name, parameters),
        _ => Diagnostic::new(place, "expected `name=value`"),
    }
}

/// A name that no argument has.
fn no_such(word: &proc_macro2::Ident, name: &str, parameters: &[Parameter]) -> Diagnostic {
    let is_probability = word == "p" && parameters.iter().any(|parameter| parameter.name == "keep");
    let why = if is_probability {
        ": `keep` is the probability of keeping a number (the notes' p), others' p is that of dropping it"
    } else {
        ""
    };
    Diagnostic::new(word.span(), format!("`{name}` has no option `{word}`{why}"))
}

fn value_of(
    parameter: &Parameter,
    tokens: &[TokenTree],
    place: Place,
    scope: &Scope<'_>,
) -> Result<ArgumentValue, Diagnostic> {
    match (parameter.kind, tokens) {
        (ParameterKind::Path, tokens) => path(tokens, place, parameter.name).map(ArgumentValue::Path),
        (ParameterKind::Flag, _) => {
            Err(Diagnostic::new(place, format!("`{}` stands alone, without a value", parameter.name)))
        }
        (_, [TokenTree::Ident(name)]) if scope.has_parameter(name) => {
            expression::parameter(name, scope).map(ArgumentValue::Whole)
        }
        (_, [TokenTree::Group(group)]) if group.delimiter() == Delimiter::Parenthesis => {
            expression::parenthesized(group, scope).map(ArgumentValue::Whole)
        }
        (_, [TokenTree::Literal(_)] | [TokenTree::Punct(_), TokenTree::Literal(_)]) => {
            let text: String = tokens.iter().map(numbers::text).collect();
            let value = text.replace('_', "").parse();
            let wrong = format!("expected a number for `{}`, found `{text}`", parameter.name);
            value.map(ArgumentValue::Real).map_err(|_| Diagnostic::new(place, wrong))
        }
        (_, tokens) => {
            let found: Vec<_> = tokens.iter().map(numbers::text).collect();
            let wrong = format!("expected a number for `{}`, found `{}`", parameter.name, found.join(" "));
            Err(Diagnostic::new(place, wrong))
        }
    }
}

/// The path of what a user wrote. Names that generated code has for itself are not seen as the user's there.
pub(super) fn path(tokens: &[TokenTree], place: Place, example: &str) -> Result<Path, Diagnostic> {
    let wrong = || Diagnostic::new(place, format!("expected a path, such as `path::{example}`"));
    let path = Path::parse_mod_style.parse2(tokens.iter().cloned().collect()).map_err(|_| wrong())?;
    let first = path.segments.first().ok_or_else(wrong)?.ident.to_string();
    let is_ours = first == "rt" || (path.segments.len() == 1 && matches!(first.as_str(), "T" | "L"));
    if is_ours && path.leading_colon.is_none() {
        let written = path_text(&path);
        return Err(Diagnostic::new(place, format!("`{first}` is a name of the generated code"))
            .help(format!("write `self::{written}`")));
    }
    Ok(path)
}
