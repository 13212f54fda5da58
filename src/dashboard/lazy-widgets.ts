import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** Widgets that are made whenever they are looked at, so that alarms which are added later are among them. They fill whole rows. */
export class LazyWidgets implements cloudwatch.IWidget {
  public readonly width = 24;
  private x = 0;
  private y = 0;

  public constructor(private readonly make: () => cloudwatch.IWidget[]) {}

  public get height(): number {
    return new cloudwatch.Row(...this.make()).height;
  }

  public position(x: number, y: number): void {
    [this.x, this.y] = [x, y];
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  public toJson(): any[] {
    const row = new cloudwatch.Row(...this.make());
    row.position(this.x, this.y);
    return row.toJson();
  }
}
