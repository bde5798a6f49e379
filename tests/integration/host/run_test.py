#!/usr/bin/env python3
"""The whole copier as processes: simulator, a database, `run`, trades of the master, the clients' copies, a clean stop.

Usage: run_test.py TRADE_COPIER local|single [story …]. Standard library only; everything under one temporary directory.
"""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time, urllib.request

BINARY, TOPOLOGY = os.path.abspath(sys.argv[1]), sys.argv[2]
WRAP = os.environ.get('RUN_WRAPPER', '').split()  # e.g. valgrind


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class World:
    """A simulator with a master and clients, and a .env for the copier."""

    def __init__(self, equities):
        self.directory = tempfile.mkdtemp(prefix='tc-run-')
        self.run = None
        self.simulator = subprocess.Popen([BINARY, 'simulator', '--port', '0'], stdout=subprocess.PIPE, text=True)
        line = self.simulator.stdout.readline()
        self.url = re.search(r'(http://\S+)', line).group(1)
        self.accounts = self.control('accounts', [{'label': 'master', 'cash': 100000}] +
                                     [{'label': f'c{n}', 'cash': cash} for n, cash in enumerate(equities, 1)])['accounts']
        self.control('prices', {'AAPL': '100', 'SPY': '500'})
        self.env_file = os.path.join(self.directory, '.env')
        self.key = subprocess.run([BINARY, 'keygen'], capture_output=True, text=True, check=True).stdout.strip()
        self.write_env()

    def write_env(self, **changes):
        master = self.accounts[0]
        values = dict(MASTER_ACCOUNT_ID='master', MASTER_API_KEY=master['key_id'], MASTER_SECRET_KEY=master['secret'],
                      ENCRYPTION_KEY=self.key, DATABASE_URL='sqlite:///copier.db', ALPACA_BASE_URL=self.url,
                      RUN_DIR=self.directory, EXECUTOR_SHARDS='2', MAX_CLIENTS='50', GATEWAY_PORT='0')
        values.update(changes)
        with open(self.env_file, 'w') as file:
            file.writelines(f'{name}={value}\n' for name, value in values.items())

    def control(self, what, body=None):
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(f'{self.url}/control/{what}', data=data, timeout=10) as answer:
            return json.load(answer)

    def command(self, *arguments, **options):
        return subprocess.run([BINARY, *arguments], cwd=self.directory, capture_output=True, text=True, timeout=60, **options)

    def add_clients(self):
        for account in self.accounts[1:]:
            done = self.command('client', 'add', '--account-id', account['label'], '--api-key', account['key_id'],
                                '--secret-key-file', '-', input=account['secret'] + '\n')
            check(done.returncode == 0, done.stderr)

    def start(self):
        self.log_path = os.path.join(self.directory, 'log')
        self.log = open(self.log_path, 'w')
        self.run = subprocess.Popen([*WRAP, BINARY, 'run', '--topology', TOPOLOGY], cwd=self.directory, stdout=self.log,
                                    stderr=subprocess.STDOUT)

    def lines(self, event):
        out = []
        with open(self.log_path) as file:
            for line in file:
                if f'"event":"{event}"' in line:
                    out.append(json.loads(line))
        return out

    def await_lines(self, event, count, seconds=30, **fields):
        end = time.time() + seconds
        while time.time() < end:
            found = [line for line in self.lines(event) if all(line.get(k) == v for k, v in fields.items())]
            if len(found) >= count:
                return found
            check(self.run.poll() is None, f'the copier ended with {self.run.returncode}')
            time.sleep(0.05)
        raise AssertionError(f'no {count} lines of {event} {fields} within {seconds} s')

    def trade(self, side, qty, symbol='AAPL'):
        self.control('order', dict(account='master', symbol=symbol, side=side, type='market', time_in_force='day', qty=str(qty)))

    def holdings(self, symbol='AAPL'):
        """label -> quantity held"""
        return {a['label']: sum(float(p['qty']) for p in a['positions'] if p['symbol'] == symbol)
                for a in self.control('accounts')['accounts']}

    def await_holdings(self, wanted, seconds=20, symbol='AAPL'):
        end = time.time() + seconds
        while time.time() < end:
            have = self.holdings(symbol)
            if all(abs(have[label] - qty) <= 0.011 * max(1, abs(qty)) for label, qty in wanted.items()):
                return
            time.sleep(0.1)
        raise AssertionError(f'holdings are {have}, wanted {wanted}')

    def check_priorities(self):
        """Who writes things down gives way to who trades."""
        levels = {'listener': set(), 'dispatcher': set(), 'executor': set(), 'audit': set(), 'alert': set()}
        for line in self.lines('actor_state'):
            for thread in os.listdir(f'/proc/{line["pid"]}/task'):
                with open(f'/proc/{line["pid"]}/task/{thread}/stat') as file:
                    levels.setdefault(line['role'], set()).add(int(file.read().rsplit(')', 1)[1].split()[16]))
        usual = os.getpriority(os.PRIO_PROCESS, 0)
        wanted = {usual, min(usual + 5, 19)} if TOPOLOGY == 'single' else None
        for role, found in levels.items():
            gives_way = role in ('audit', 'alert')
            check(wanted <= found if wanted else (min(usual + 5, 19) in found) == gives_way, f'{role}: {found}')

    def stop(self, code=0):
        self.run.send_signal(signal.SIGTERM)
        got = self.run.wait(timeout=90)
        self.log.close()
        check(got == code, f'the copier ended with {got}')

    def close(self, failed):
        if self.run and self.run.poll() is None:
            self.run.kill()
            self.run.wait()
        self.simulator.terminate()
        self.simulator.wait()
        if failed and self.run:
            sys.stdout.write(open(self.log_path).read()[-6000:])
        shutil.rmtree(self.directory)


def story_entry_and_exit(world):
    """t=0 master buys 10; each client gets its share of it; t=1 the master sells all, so do they; then a clean stop."""
    world.add_clients()
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    time.sleep(2)
    world.trade('buy', 10)
    world.await_lines('trade_replication_completed', 1)
    world.await_holdings({'c1': 10, 'c2': 5, 'c3': 1})
    world.check_priorities()
    world.trade('sell', 10)
    world.await_lines('trade_replication_completed', 2)
    world.await_holdings({'c1': 0, 'c2': 0, 'c3': 0})
    line = world.lines('trade_replication_completed')[0]
    check({'master_order_id', 'symbol', 'success_count', 'failure_count', 'skipped_count', 'total_time_ms', 'p50_ms', 'p95_ms',
           'p99_ms', 'timestamp'} <= set(line), line)
    world.stop()
    secrets = [account['secret'] for account in world.accounts] + [world.key]
    text = open(world.log_path).read()
    check(not any(secret in text for secret in secrets), 'a secret is in the log')
    check(not [name for name in os.listdir(world.directory) if name.startswith('run-')], 'the private directory is left')


def story_the_tap_shows_messages_and_no_secret(world):
    """`trade-copier tap` finds the running copier by its database; the master's order and the results pass by."""
    done = world.command('tap', '--count', '1')
    check(done.returncode == 78 and 'no copier is running' in done.stderr, done.stderr)
    world.add_clients()
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    tap = subprocess.Popen([BINARY, 'tap', '--json'], cwd=world.directory, stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    world.trade('buy', 10)
    world.await_lines('trade_replication_completed', 1)
    time.sleep(0.5)
    tap.terminate()
    text = tap.communicate(timeout=10)[0]
    subjects = [json.loads(line)['subject'] for line in text.splitlines()]
    for subject in ('master.order', 'copy.command', 'copy.result', 'replication.completed', 'replication.stored', 'master.ack',
                    'shard.beat'):
        check(subject in subjects, f'no {subject} in {set(subjects)}')
    check(subjects.count('replication.completed') == 1, 'published more than once')
    check(not any(account['secret'] in text for account in world.accounts), 'a secret is in the tap')
    world.stop()


def story_second_run_is_refused(world):
    """One copier a database."""
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    second = world.command('run', '--topology', TOPOLOGY)
    check(second.returncode == 75, second.returncode)
    check(f'(pid {world.run.pid})' in second.stderr, second.stderr)
    world.stop()


def story_client_added_while_running(world):
    """A change reaches a running copier within a second."""
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    world.add_clients()
    time.sleep(2)
    world.trade('buy', 10)
    world.await_holdings({'c1': 10, 'c2': 5, 'c3': 1})
    world.stop()


def story_a_crashed_executor_comes_back(world):
    """t=0 both shards die by SIGSEGV; t=1 they are back, and the next trade is copied. No core is written."""
    if TOPOLOGY == 'single':
        return
    world.add_clients()
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    for name in ('executor-1', 'executor-2'):
        pid = world.await_lines('actor_state', 1, name=name, state='started')[0]['pid']
        os.kill(pid, signal.SIGSEGV)
    world.await_lines('actor_state', 4, role='executor', state='started')
    world.await_lines('actor_state', 2, state='crashed')
    time.sleep(2.5)
    world.trade('buy', 10)
    world.await_holdings({'c1': 10, 'c2': 5, 'c3': 1})
    check(not [name for name in os.listdir(world.directory) if 'core' in name], 'a core was written')
    world.stop()


def story_no_actor_outlives_its_supervisor(world):
    """kill -9 of the supervisor: its actors end by themselves, and the next run starts."""
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    pids = {line['pid'] for line in world.lines('actor_state')}
    world.run.kill()
    world.run.wait()
    end = time.time() + 20
    while any(os.path.exists(f'/proc/{pid}') for pid in pids):
        check(time.time() < end, f'still there: {[pid for pid in pids if os.path.exists(f"/proc/{pid}")]}')
        time.sleep(0.05)
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    world.stop()


def story_preflight_says_what_is_wrong(world):
    """One clear line and an exit code, before anything starts."""
    def refused(code, text, **changes):
        world.write_env(**changes)
        done = world.command('run', '--topology', TOPOLOGY)
        check(done.returncode == code, f'{changes}: exit {done.returncode}, wanted {code}: {done.stderr}')
        check(len(done.stderr.strip().splitlines()) == 1 and text in done.stderr, f'{changes}: {done.stderr}')
        check(done.stdout == '', done.stdout)
    refused(78, 'MASTER_API_KEY', MASTER_API_KEY='', MASTER_SECRET_KEY='x')
    refused(78, 'master', MASTER_API_KEY='', MASTER_SECRET_KEY='')
    refused(69, 'http://127.0.0.1:1', ALPACA_BASE_URL='http://127.0.0.1:1')
    refused(77, 'refused', MASTER_SECRET_KEY='wrong')
    refused(78, 'USE_PAPER_TRADING', USE_PAPER_TRADING='false')
    refused(78, 'ENCRYPTION_KEY', ENCRYPTION_KEY='abc')
    world.write_env()
    world.add_clients()
    other = 'A' * 43 + '='
    refused(78, 'ENCRYPTION_KEY', ENCRYPTION_KEY=other, MASTER_API_KEY='', MASTER_SECRET_KEY='')
    with open(os.path.join(world.directory, 'bad.db'), 'wb') as file:
        file.write(os.urandom(8192))
    refused(65, 'bad.db', DATABASE_URL='sqlite:///bad.db')


def story_master_keys_change_while_running(world):
    """Editing .env is enough: the listener opens its stream with the new keys."""
    world.add_clients()
    world.start()
    world.await_lines('stream_state', 1, state='listening')
    fresh = world.control('accounts', [{'label': 'master2', 'cash': 100000}])['accounts'][0]
    world.write_env(MASTER_API_KEY=fresh['key_id'], MASTER_SECRET_KEY=fresh['secret'])
    world.await_lines('master_reloaded', 1)
    world.await_lines('stream_state', 2, state='listening')
    time.sleep(1)
    world.control('order', dict(account='master2', symbol='AAPL', side='buy', type='market', time_in_force='day', qty='10'))
    world.await_holdings({'c1': 10, 'c2': 5, 'c3': 1})
    world.stop()


def main():
    stories = {name: tale for name, tale in globals().items() if name.startswith('story_')}
    for name in sys.argv[3:] or stories:
        world = World([100000, 50000, 10000])
        failed = True
        try:
            stories[name](world)
            failed = False
        finally:
            world.close(failed)
        print(f'ok {name} ({TOPOLOGY})', flush=True)


main()
