"""The part of a start script that makes gunicorn's options, when it runs."""

from __future__ import annotations

__all__ = ["GUNICORN_OPTIONS"]

TIMEOUT = 600
"""Seconds, as Oryx has it: long uploads and slow first requests."""

GUNICORN_OPTIONS = f"""\
says() {{
    [ -f "$config" ] && grep -Eq "^[[:space:]]*$1[[:space:]]*=" "$config"
}}
number() {{
    case "$2" in
        '' | *[!0-9]* | 0*) fail "$1 is no number above 0." "$1=$2" "Write $1=4, or leave it out." ;;
    esac
}}
asked="${{PYTHON_USE_GUNICORN_CONFIG_FROM_PATH:-}}"
if [ -n "$asked" ] && ! [ -f "$asked" ]; then
    fail "PYTHON_USE_GUNICORN_CONFIG_FROM_PATH names a file that is not there." \\
        "$asked, seen from $PWD" "Correct the path, or leave the setting out."
fi
args=""
says timeout || args="$args --timeout {TIMEOUT}"
says accesslog || args="$args --access-logfile '-'"
says errorlog || args="$args --error-logfile '-'"
if [ -n "$asked" ]; then
    args="$args -c '$asked'"
fi
multi="${{PYTHON_ENABLE_GUNICORN_MULTIWORKERS:-false}}"
case "$multi" in
    1 | t | T | TRUE | true | True)
        workers="${{PYTHON_GUNICORN_CUSTOM_WORKER_NUM:-$(( $(getconf _NPROCESSORS_ONLN) * 2 + 1 ))}}"
        number PYTHON_GUNICORN_CUSTOM_WORKER_NUM "$workers"
        args="$args --workers=$workers"
        threads="${{PYTHON_GUNICORN_CUSTOM_THREAD_NUM:-}}"
        if [ -n "$threads" ]; then
            number PYTHON_GUNICORN_CUSTOM_THREAD_NUM "$threads"
            args="$args --threads=$threads"
        fi
        ;;
    0 | f | F | FALSE | false | False) ;;
    *) fail "PYTHON_ENABLE_GUNICORN_MULTIWORKERS is neither true nor false." "it is $multi" "Write true." ;;
esac
GUNICORN_CMD_ARGS="${{args# }} --bind=$HOST:$PORT${{GUNICORN_CMD_ARGS:+ $GUNICORN_CMD_ARGS}}"
GUNICORN_CMD_ARGS="${{GUNICORN_CMD_ARGS# }}"
export GUNICORN_CMD_ARGS
echo "With GUNICORN_CMD_ARGS=$GUNICORN_CMD_ARGS"
"""
"""In Oryx's order. What gunicorn's settings file (`$config`) says is not said again, so it counts; what
GUNICORN_CMD_ARGS says already comes last, so it wins."""
