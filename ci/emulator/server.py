"""Serves one emulated AWS account on a loopback port, until SIGTERM or SIGINT.

    server.py --moto --port 0 --url-file target/moto.url [--latency-ms 20] [--quota] [--deny kms:DescribeKey]
    server.py --ministack --url-file target/ministack.url [--integrations [--trail-seconds 0.5] [--values FILE]]

The URL is printed, and written to --url-file, once the server answers requests.
"""

import argparse
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ACCOUNT = "123456789012"


def main() -> int:
    args = arguments()
    if args.moto:
        return serve_moto(args)
    return serve_ministack(args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--moto", action="store_true", help="moto, with patches where it differs from the documentation of AWS")
    which.add_argument("--ministack", action="store_true", help="ministack, which runs the code of functions, with the fields that AWS always sends")
    parser.add_argument("--integrations", action="store_true",
                        help="rotation invokes the function, reads reach EventBridge, IAM is enforced: ministack_patches/ (ministack only)")
    parser.add_argument("--trail-seconds", type=float, default=0.5, help="delay of CloudTrail events (--integrations only)")
    parser.add_argument("--values", type=pathlib.Path, metavar="FILE", help="write every value that a secret gets to FILE, one JSON string a line (--integrations only)")
    parser.add_argument("--port", type=int, default=0, help="0: a free port")
    parser.add_argument("--url-file", type=pathlib.Path, help="the file for the URL")
    parser.add_argument("--log", help="request log with one JSON line for each call (moto only)")
    parser.add_argument("--latency-ms", type=int, default=0, help="delay of every answer (moto only)")
    parser.add_argument("--deny", action="append", default=[], metavar="service:Operation",
                        help="deny these calls; repeatable, * is a wildcard (moto only)")
    parser.add_argument("--quota", action="store_true", help="enforce the published request rates (moto only)")
    parser.add_argument("--without", action="append", default=[], metavar="PATCH", help="leave out a patch of moto_patches/")
    args = parser.parse_args()
    if args.ministack and (args.log or args.latency_ms or args.deny or args.quota or args.without):
        parser.error("--log, --latency-ms, --deny, --quota and --without work with --moto only")
    if args.integrations and not args.ministack:
        parser.error("--integrations works with --ministack only")
    if args.values and not args.integrations:
        parser.error("--values works with --integrations only")
    for rule in args.deny:
        if ":" not in rule:
            parser.error(f"--deny takes service:Operation, not {rule!r}")
    return args


def announce(url: str, url_file: pathlib.Path | None):
    if url_file:
        url_file.parent.mkdir(parents=True, exist_ok=True)
        part = url_file.with_name(url_file.name + ".part")
        part.write_text(url + "\n")
        part.replace(url_file)  # so that a reader never gets a part of the URL
    print(url, flush=True)


def moto_application(without: tuple[str, ...] = (), **faults):
    """Returns moto with its patches, as a WSGI application."""
    os.environ.setdefault("AWS_ACCESS_KEY_ID", ACCOUNT)  # the clients inside moto need credentials
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "emulator")
    import moto_patches
    moto_patches.apply(without)

    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from moto_proxy import MotoProxy

    mock_random.seed(45)  # so that the same deployment gets the same ids
    return MotoProxy(DomainDispatcherApplication(create_backend_app), **faults)


def moto_server(application, port: int = 0):
    """Returns a server of the application on the loopback interface. The caller starts it."""
    from werkzeug.serving import make_server

    from http11 import KeepAliveHandler

    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=KeepAliveHandler)
    server.daemon_threads = True
    return server


def serve_moto(args) -> int:
    import moto_patches
    if unknown := set(args.without) - set(moto_patches.NAMES):
        print(f"unknown patch: {', '.join(sorted(unknown))}; known: {', '.join(moto_patches.NAMES)}", file=sys.stderr)
        return 2
    application = moto_application(tuple(args.without), log_path=args.log, latency_ms=args.latency_ms, deny=args.deny, quota=args.quota)
    server = moto_server(application, args.port)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    url = f"http://127.0.0.1:{server.server_port}"
    # The socket listens already: a first call waits in its queue until serve_forever accepts it.
    threading.Thread(target=lambda: (wait_until_serving(url + "/_emulator/stats"), announce(url, args.url_file)), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


def serve_ministack(args) -> int:
    port = args.port or free_port()
    with tempfile.TemporaryDirectory(prefix="attestry-ministack-") as state:
        env = os.environ | {
            "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "ERROR", "TMPDIR": state, "S3_DATA_DIR": f"{state}/s3",
            "TRAIL_SECONDS": str(args.trail_seconds),
        }
        if args.integrations:  # IAM is enforced then, and a signature needs a secret that both sides have
            env |= {"AUTH": "true", "AWS_SECRET_ACCESS_KEY": "emulator"}
            env |= {"VALUES_FILE": str(args.values.resolve())} if args.values else {}
        program = [str(pathlib.Path(__file__).parent / "ministack_patches" / ("integrations.py" if args.integrations else "required_fields.py"))]
        child = subprocess.Popen([sys.executable, *program], env=env, stdout=subprocess.DEVNULL, start_new_session=True)

        def stop(*_):
            os.killpg(child.pid, signal.SIGTERM)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        url = f"http://127.0.0.1:{port}"
        if not wait_until_serving(url + "/_ministack/health", child):
            print("ministack ended before it served", file=sys.stderr)
            return 1
        announce(url, args.url_file)
        child.wait()
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_serving(url: str, child: subprocess.Popen | None = None) -> bool:
    for _ in range(600):
        if child and child.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
